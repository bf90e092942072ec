package main

import (
	"time"

	"agentdesk/store"
)

var guestsOfChi = []guest{
	{
		Customer: caller("paweena", "ปวีณา ศรีสุข", "th", "AU", "+61 491 570 156"),
		talks: []talk{
			on(6, "08:55",
				says("สวัสดีค่ะ มีโคมไฟหวายส่งไปซิดนีย์ไหมคะ"),
				chi.answers("สวัสดีค่ะคุณปวีณา ส่งได้ค่ะ ใช้เวลาประมาณ 12 วัน"),
				says("ราคาเท่าไหร่คะ รวมค่าส่งด้วย"),
				chi.answers("Marjal กลาง 149 ยูโร ค่าส่ง 46 ยูโรค่ะ"),
				chi.closes(),
			),
			withLeft(18*time.Hour+25*time.Minute,
				says("ตัดสินใจแล้วค่ะ ขอสองอันนะคะ 🙏"),
				chi.takes(),
				chi.answers("ขอบคุณค่ะ ส่งสองอันค่าส่งเท่าเดิมค่ะ"),
				sticker(),
				chi.answers("ลิงก์ชำระเงินค่ะ https://casalumen.example/b/P4W"),
			),
		},
	},
	{
		Customer: caller("camille", "Camille Roussel", "fr", "FR", "+33 6 39 98 10 20"), quiet: true,
		talks: []talk{
			on(2, "17:30",
				says("Bonsoir, le variateur que vous m’avez vendu grésille"),
				chi.answers("Bonsoir Camille, désolée ! Quelle ampoule avez-vous mise ?"),
				says("Une vieille à filament, 60 W"),
				chi.answers("C’est elle : le variateur veut de la LED. Je vous en envoie une, c’est pour nous."),
				says("Oh merci 😊"),
				chi.answers("Avec plaisir, elle part ce soir."),
			),
			withLeft(time.Hour+48*time.Minute,
				says("L’ampoule est arrivée, mais c’est une E14 et il me faut une E27"),
				chi.looks(),
			),
		},
	},
	{
		Customer: caller("aleksander", "Aleksander Wiśniewski", "pl", "ES", "+34 600 000 121"),
		talks: []talk{
			on(3, "12:50",
				says("Dzień dobry, czy Faro jest dostępna w kolorze czarnym?"),
				chi.answers("Dzień dobry! Czarna będzie w czwartek. Odłożyć jedną?"),
				changes("Tak, dwie proszę", "Tak, trzy proszę. Córka też chce 😄"),
				chi.answers("Trzy, zapisane. LU-20433."),
			),
			withLeft(10*time.Hour,
				says("Odebrałem, dziękuję! Jedna ma rysę na podstawie, ale drobną"),
				photo(""),
				chi.answers("Przepraszam! Wymienimy, kiedy Panu pasuje, albo 15 € zwrotu."),
				phone("Co Pan woli?"),
				picksReply("refund", "Zwrot 15 €"),
				chi.answers("Zrobione, pieniądze będą jutro na koncie."),
			),
		},
	},
	{
		Customer: caller("shami", "محمد الشامي", "ar", "ES", "+34 600 000 122"),
		talks: []talk{
			on(2, "20:10",
				says("مرحبا، طلبت فانوسين. هل يمكن التوصيل إلى مكان العمل؟"),
				chi.answers("مرحبًا محمد، بالتأكيد. أرسل لنا الموقع من فضلك."),
			),
			waiting(9*time.Minute,
				place("", "", 39.4699, -0.3763),
				says("هنا المكتب. الرجاء الاتصال قبل الوصول، والجرس لا يعمل 🙂"),
			),
		},
	},
	{
		Customer: caller("lucia", "Lucía Ferrer i Vidal", "ca", "ES", "+34 600 000 123"),
		talks: []talk{
			on(4, "10:00",
				says("Bon dia! Feu classes de trenar llums amb jonc?"),
				chi.answers("Bon dia, Lucía! Sí, el primer dissabte de cada mes, de 10 a 13 h. 45 € amb tot el material."),
				takesBack("Em pots apuntar amb el meu DNI 12345678Z?"),
				says("Perdona, les dades te les dono a la botiga. Apunta’m, sisplau!"),
				chi.answers("Apuntada per al dia 5 🙌"),
				loves("🎉"),
			),
			withLeft(5*time.Hour+40*time.Minute,
				says("Puc portar una amiga?"),
				chi.answers("I tant, queden dues places. Com es diu?"),
				says("Roser. Gràcies!"),
				chi.answers("Fet, Lucía i Roser. Fins dissabte!"),
			),
		},
	},
	{
		Customer: caller("jonas", "Jonas Brandt", "de", "DE", "+49 172 9925904"), quiet: true,
		talks: []talk{
			on(4, "15:12",
				says("Hallo, wie lange dauert eine Marjal in 70 cm derzeit?"),
				chi.answers("Hallo Herr Brandt, die großen flechten wir auf Bestellung: etwa drei Wochen."),
				says("Und geht das auch dunkler?"),
				chi.answers("Ich frage in der Werkstatt nach dem gebeizten Binsengras und melde mich."),
			),
		},
	},
	{
		Customer: hidden("emre", "Emre Yıldız", "tr", "TR", ""), quiet: true,
		talks: []talk{
			withLeft(20*time.Hour+45*time.Minute,
				forwarded("Valencia'daki bu dükkân el örgüsü lambalar yapıyor, bir bak! Casa Lumen"),
				says("Merhaba, bir arkadaşım sizi önerdi. Türkiye'ye gönderiyor musunuz?"),
				chi.takes(),
				chi.answers("Merhaba Emre! Evet, gönderiyoruz: 8-10 gün, 39 €."),
				says("Güzel. Gümrük ücreti var mı?"),
				chi.answers("150 €'ya kadar yok. Orta boy Marjal 149 €, tam sınırda 🙂").until(store.Accepted),
			),
		},
	},
	{
		Customer: caller("fatoumata", "Fatoumata Diallo", "fr", "FR", "+33 6 39 98 10 39"), quiet: true,
		talks: []talk{
			on(3, "13:05",
				phone("Bonjour Madame Diallo, ici la boutique Casa Lumen. Merci de votre visite ! Je vous prépare le devis pour l’entrée de l’hôtel."),
			),
			on(2, "10:30",
				sam.sendsForm("pick_up_again", "fr", "Fatoumata", "votre devis pour l’hôtel"),
				sam.assigns(chi),
			),
		},
	},
}
