package main

import (
	"time"

	"agentdesk/store"
)

var guestsOfBen = []guest{
	{
		Customer: caller("blessing", "Blessing Akintola", "en", "GB", "+44 7700 900152"),
		talks: []talk{
			on(8, "10:05",
				says("Good morning. Do you do trade prices? I fit out small cafés."),
				ben.answers("Good morning Blessing! We do, from five pieces on: 15%."),
				card("Akintola Interiors", "+44 7700 900199", "Akintola Interiors"),
				ben.answers("Thank you, noted on your account."),
				says("Great, I'll be back with a list"),
				ben.closes(),
			),
			waiting(4*time.Minute,
				says("Here's the list at last: 6 × Brisa white, 2 × Turia oak"),
				ben.takes(),
				ben.answers("Lovely, that is €1,020 with the trade price. All in stock."),
				says("Lovely. Do they come with the bulb?"),
				says("And can I have the Turia in ash instead?").after(50*time.Second),
			),
		},
	},
	{
		Customer: caller("yulia", "Юлія Марченко", "uk", "ES", "+34 600 000 112"),
		talks: []talk{
			on(2, "11:31",
				says("Добрий день! Скажіть, Duna підійде для дитячої? Вона важка?"),
				ben.answers("Добрий день, Юліє! Важить 2,4 кг і стоїть дуже стійко. Кабель з тканини, нічого гострого."),
				says("А який там цоколь?"),
				ben.answers("E27, до 15 Вт LED."),
			),
			withLeft(12*time.Hour,
				says("Замовила пісочну 🥰 Коли можна забрати?"),
				ben.answers("Уже завтра після 12:00. Ми до 20:00."),
				says("Супер, зайду після роботи"),
				ben.answers("Чекаємо! Номер замовлення LU-20471."),
			),
		},
	},
	{
		Customer: caller("lea", "Léa Fontaine", "fr", "FR", "+33 6 39 98 10 13"), quiet: true,
		talks: []talk{
			withLeft(6*time.Hour+20*time.Minute,
				says("Bonjour, je voudrais annuler ma commande LU-20440"),
				ben.answers("Bonjour Léa, bien sûr, elle n’est pas encore partie. Puis-je vous demander pourquoi ?"),
				says("J’ai trouvé la même chez un voisin qui déménage 😄"),
				ben.answers("Alors bravo à lui ! C’est annulé, vous êtes remboursée sous trois jours."),
				ben.answers("Voici la confirmation : https://casalumen.example/r/20440").after(20*time.Minute).failing(131026),
			),
		},
	},
	{
		Customer: hidden("sakura", "田中 さくら", "ja", "JP", "sakura_akari"), quiet: true,
		talks: []talk{
			on(3, "09:15",
				says("はじめまして。竹のランプはありますか?"),
				ben.answers("はじめまして。竹はありませんが、イグサで編んだMarjalがあります。"),
				says("写真を見ました。とても素敵です✨"),
				ben.answers("ありがとうございます。大きさは三種類あります。"),
			),
			withLeft(14*time.Hour,
				says("Marjalの小さいサイズを日本に送っていただけますか?"),
				ben.answers("はい、送料は42ユーロ、約10日かかります。"),
				says("わかりました。少し考えます"),
				ben.answers("もちろんです。ご質問があればいつでもどうぞ。").until(store.Sent),
			),
		},
	},
	{
		Customer: caller("diego", "Diego Santamaría", "es", "ES", "+34 600 000 115"), quiet: true,
		talks: []talk{
			on(5, "18:40",
				says("Hola, mi Turia parpadea desde ayer"),
				film("Se ve aquí, cada dos segundos más o menos"),
				ben.answers("Hola Diego, gracias por el vídeo. Casi siempre es la bombilla. ¿Puedes probar con otra?"),
				says("Con otra hace lo mismo"),
				ben.answers("Entonces es el casquillo, y está en garantía. Lo miro con el taller y te digo."),
			),
			on(3, "10:10",
				ben.sendsForm("pick_up_again", "es", "Diego", "la garantía de tu Turia").until(store.Delivered),
			),
		},
	},
	{
		Customer: caller("noor", "Noor van Dijk", "nl", "ES", "+34 600 000 116"),
		talks: []talk{
			on(4, "14:20",
				says("Hoi, wanneer komt LU-20412?"),
				ben.answers("Hi Noor! Our carrier plans it for next week. I'll send you the exact day."),
				says("Fijn, dank je"),
				ben.answers("You're welcome!"),
			),
			withLeft(20*time.Hour+10*time.Minute,
				ben.sendsForm("delivery_day", "en_GB", "Noor", "LU-20412", "Tuesday 24", "10:00", "12:00"),
				tapsButton("That suits me").after(17*time.Minute),
				says("Ik ben thuis! Bellen bij Ruzafa 3, de bel doet het niet"),
				ben.answers("Perfect, the driver will call you when he is at the door."),
			),
		},
	},
	{
		Customer: caller("kofi", "Kofi Mensah-Boateng", "en", "CA", "+1 416 555 0117"),
		talks: []talk{
			on(2, "19:02",
				fromAdvert("Hi, I saw the round one in your ad. What is it called?", "Light, woven by hand", "Marjal: rush from the lagoon, woven in Valencia."),
				ben.answers("Hello Kofi! That is the *Marjal*. Small (35 cm), medium (50 cm) or large (70 cm)."),
				says("Medium please, but I'd rather talk it through. Can I call?"),
				ben.answers("We cannot take calls here yet, but write any time."),
			),
			waiting(93*time.Minute,
				says("Quick one: is the cord adjustable *after* mounting?"),
				ben.answers("Yes, up to 1.20 m, by the little brass clamp."),
				calls().after(9*time.Minute),
			),
		},
	},
	{
		Customer: caller("thandiwe", "Thandiwe Khumalo", "en", "GB", "+44 7700 900170"), quiet: true,
		talks: []talk{
			withLeft(-3*time.Hour,
				says("Hello, the switch of my Nit got stuck"),
				ben.answers("Hello Thandiwe, sorry to hear that. Does it click at all?"),
				says("No. It is stuck half way.").after(2*time.Hour),
				ben.answers("Then we swap it. I'm asking the workshop for the part.").after(50*time.Minute),
				// In the window's last minute, by the desk's clock; by Meta's too late.
				ben.answers("The workshop has it. Shall we send the switch, or would you rather bring the lamp?").
					after(23*time.Hour+9*time.Minute-25*time.Second).failing(131047),
			),
		},
	},
}
