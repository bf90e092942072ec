package main

import "agentdesk/whatsapp/simulator"

// phrases are what customers of the stream say: of their own accord, and after an answer.
type phrases struct{ asks, thanks []string }

var demoPhrases = map[string]phrases{
	"en": {
		asks: []string{
			"One more thing: does the bulb come with it?", "Is the shop open this Saturday?", "Could you also send me the size of the base?",
			"Do you have the same one in green?", "Has my parcel left yet?", "Can I still change the delivery address?",
			"Is there a dimmer for it?", "My neighbour wants one too. How long would it take?",
		},
		thanks: []string{
			"Perfect, thank you!", "Lovely, that helps a lot 🙏", "Great. And could you send me the invoice?", "Thanks, I'll think about it and write tomorrow.",
			"That was quick!", "Good. Then let's do it that way.", "Super, thanks. Have a nice day!",
		},
	},
	"es": {
		asks: []string{
			"Una cosa más: ¿la bombilla viene incluida?", "¿Abrís este sábado por la tarde?", "¿La tenéis también en verde?",
			"¿Ha salido ya mi paquete?", "¿Puedo cambiar la dirección de entrega?", "¿Cuánto pesa la pantalla grande?",
			"¿Se puede poner un regulador?", "Mi hermana quiere otra igual, ¿cuánto tarda?",
		},
		thanks: []string{
			"¡Perfecto, muchas gracias!", "Genial, me sirve 🙏", "Vale. ¿Me mandáis también la factura?", "Gracias, lo pienso y os digo mañana.",
			"¡Qué rapidez!", "Estupendo, pues quedamos así.", "Muchas gracias, ¡buen día!",
		},
	},
	"pt": {
		asks: []string{
			"Só mais uma coisa: a lâmpada vem incluída?", "Estão abertos no sábado?", "Também há em verde?", "A encomenda já saiu?",
			"Ainda posso mudar a morada?", "Dá para usar com regulador?",
		},
		thanks: []string{"Perfeito, obrigada!", "Ótimo, ajuda imenso 🙏", "Está bem. E a fatura?", "Obrigado, digo-vos amanhã.", "Que rapidez!", "Combinado então."},
	},
	"fr": {
		asks: []string{
			"Encore une question : l’ampoule est-elle fournie ?", "Êtes-vous ouverts samedi ?", "L’avez-vous aussi en vert ?",
			"Mon colis est-il parti ?", "Puis-je encore changer l’adresse ?", "Peut-on mettre un variateur ?",
		},
		thanks: []string{"Parfait, merci beaucoup !", "Super, ça m’aide 🙏", "D’accord. Et la facture ?", "Merci, je vous redis demain.", "Quelle rapidité !", "Très bien, faisons comme ça."},
	},
	"de": {
		asks: []string{
			"Noch eine Frage: Ist das Leuchtmittel dabei?", "Haben Sie am Samstag geöffnet?", "Gibt es die auch in Grün?", "Ist mein Paket schon unterwegs?",
			"Kann ich die Lieferadresse noch ändern?", "Lässt sie sich dimmen?",
		},
		thanks: []string{"Wunderbar, vielen Dank!", "Prima, das hilft mir 🙏", "Gut. Schicken Sie mir noch die Rechnung?", "Danke, ich melde mich morgen.", "Das ging ja schnell!", "Dann machen wir es so."},
	},
	"it": {
		asks:   []string{"Un’altra cosa: la lampadina è inclusa?", "Siete aperti sabato?", "C’è anche in verde?", "Il mio pacco è partito?", "Si può mettere un dimmer?"},
		thanks: []string{"Perfetto, grazie mille!", "Ottimo, mi è molto utile 🙏", "Va bene. E la fattura?", "Grazie, ci penso e vi scrivo domani.", "Che velocità!"},
	},
	"ca": {
		asks:   []string{"Una altra cosa: la bombeta va inclosa?", "Obriu dissabte?", "La teniu també en verd?", "Ha sortit ja el paquet?"},
		thanks: []string{"Perfecte, moltes gràcies!", "Genial, m’ajuda molt 🙏", "D’acord. I la factura?", "Gràcies, us dic demà."},
	},
	"nl": {
		asks:   []string{"Nog één ding: zit het lampje erbij?", "Zijn jullie zaterdag open?", "Is hij er ook in groen?", "Is mijn pakket al onderweg?"},
		thanks: []string{"Perfect, dank je wel!", "Fijn, daar kan ik mee verder 🙏", "Oké. Mag ik ook de factuur?", "Bedankt, ik laat het morgen weten."},
	},
	"sv": {
		asks:   []string{"En sak till: ingår lampan?", "Har ni öppet på lördag?", "Finns den i grönt?"},
		thanks: []string{"Perfekt, tack så mycket!", "Toppen, det hjälper 🙏", "Okej. Kan jag få fakturan också?"},
	},
	"pl": {
		asks:   []string{"Jeszcze jedno: czy żarówka jest w zestawie?", "Czy sklep jest otwarty w sobotę?", "Czy jest też zielona?", "Czy paczka już wyszła?"},
		thanks: []string{"Świetnie, bardzo dziękuję!", "Super, to mi pomaga 🙏", "Dobrze. A faktura?", "Dziękuję, odezwę się jutro."},
	},
	"cs": {
		asks:   []string{"Ještě něco: je žárovka součástí?", "Máte v sobotu otevřeno?", "Máte ji i zelenou?"},
		thanks: []string{"Skvělé, moc děkuji!", "Výborně, to mi pomohlo 🙏", "Dobře. A faktura?"},
	},
	"uk": {
		asks:   []string{"Ще одне: лампочка йде в комплекті?", "Ви працюєте в суботу?", "А є така сама зелена?", "Посилка вже вирушила?"},
		thanks: []string{"Чудово, дуже дякую!", "Супер, це допомогло 🙏", "Добре. А рахунок надішлете?", "Дякую, напишу завтра."},
	},
	"el": {
		asks:   []string{"Κάτι ακόμα: η λάμπα περιλαμβάνεται;", "Είστε ανοιχτά το Σάββατο;", "Υπάρχει και σε πράσινο;"},
		thanks: []string{"Τέλεια, ευχαριστώ πολύ!", "Ωραία, με βοηθάει πολύ 🙏", "Εντάξει. Και το τιμολόγιο;"},
	},
	"tr": {
		asks:   []string{"Bir şey daha: ampul dahil mi?", "Cumartesi açık mısınız?", "Yeşili de var mı?", "Paketim yola çıktı mı?"},
		thanks: []string{"Harika, çok teşekkürler!", "Süper, çok yardımcı oldu 🙏", "Tamam. Faturayı da alabilir miyim?"},
	},
	"ar": {
		asks:   []string{"سؤال آخر: هل المصباح الكهربائي مشمول؟", "هل أنتم مفتوحون يوم السبت؟", "هل يوجد باللون الأخضر؟", "هل خرجت الشحنة؟"},
		thanks: []string{"ممتاز، شكرًا جزيلًا!", "رائع، هذا يساعدني كثيرًا 🙏", "حسنًا. وهل ترسلون الفاتورة؟", "شكرًا، سأرد غدًا إن شاء الله."},
	},
	"he": {
		asks:   []string{"עוד דבר אחד: הנורה כלולה?", "אתם פתוחים בשבת בבוקר?", "יש גם בירוק?", "החבילה כבר יצאה?"},
		thanks: []string{"מצוין, תודה רבה!", "נהדר, זה ממש עוזר 🙏", "בסדר. ומה עם החשבונית?"},
	},
	"hi": {
		asks:   []string{"एक और बात: क्या बल्ब साथ में आता है?", "क्या शनिवार को दुकान खुली है?", "क्या यह हरे रंग में भी है?", "क्या पार्सल निकल गया?"},
		thanks: []string{"बहुत बढ़िया, धन्यवाद!", "शानदार, इससे बहुत मदद मिली 🙏", "ठीक है। और बिल?"},
	},
	"ja": {
		asks:   []string{"もう一つ質問です。電球は付いていますか?", "土曜日は営業していますか?", "緑色もありますか?"},
		thanks: []string{"完璧です。ありがとうございます!", "助かりました🙏", "わかりました。領収書もお願いできますか?"},
	},
	"ko": {
		asks:   []string{"하나 더요: 전구도 포함인가요?", "토요일에도 여시나요?", "초록색도 있나요?"},
		thanks: []string{"완벽해요, 감사합니다!", "정말 도움이 됐어요 🙏", "네, 영수증도 부탁드려요."},
	},
	"th": {
		asks:   []string{"อีกเรื่องนะคะ มีหลอดไฟให้ด้วยไหมคะ", "วันเสาร์ร้านเปิดไหมคะ", "มีสีเขียวด้วยไหมคะ"},
		thanks: []string{"เยี่ยมเลย ขอบคุณมากค่ะ", "ดีมากเลยค่ะ 🙏", "ได้ค่ะ ขอใบเสร็จด้วยนะคะ"},
	},
	"zh": {
		asks:   []string{"还有一件事:灯泡包含在内吗?", "星期六营业吗?", "有绿色的吗?"},
		thanks: []string{"太好了,非常感谢!", "很好,帮了大忙 🙏", "好的,发票也可以发给我吗?"},
	},
}

// newcomer is somebody who has never written before, with their first words.
type newcomer struct {
	simulator.Customer
	opens []string
}

func comes(id, name, language, country, phone, username string, opens ...string) newcomer {
	return newcomer{Customer: simulator.Customer{
		ID: id, Name: name, Language: language, Phone: e164(phone), WaID: digitsOf(phone), Username: username, BSUID: bsuidOf(country, id),
	}, opens: opens}
}

// demoNewcomers come one after the other.
var demoNewcomers = []newcomer{
	comes("pilar", "Pilar Quintana", "es", "ES", "+34 600 000 201", "", "Buenas, ¿tenéis lámparas de pie que no ocupen mucho? Es para un rincón de 30 cm."),
	comes("dewi", "Dewi Parry", "en", "GB", "+44 7700 900201", "", "Hi! Saw the woven one in your window yesterday.", "Do you ship it to Cardiff?"),
	comes("salma", "سلمى الإدريسي", "ar", "ES", "+34 600 000 202", "", "السلام عليكم، هل لديكم ثريات صغيرة لغرفة الأطفال؟"),
	comes("clement", "Clément Vasseur", "fr", "FR", "+33 6 39 98 20 03", "", "Bonjour, faites-vous des abat-jour sur mesure ?"),
	comes("yui", "小林 結衣", "ja", "JP", "", "yui_lights", "こんにちは。日本への発送は可能ですか?"),
	comes("henrik", "Henrik Sjöberg", "sv", "SE", "+46 70 174 06 44", "", "Hej! Har ni Faro i svart på lager?"),
	comes("larissa", "Larissa Monteiro", "pt_BR", "BR", "", "lari.monteiro", "Oi! Vi vocês no Instagram 😍", "Vocês entregam no Porto?"),
	comes("tal", "טל ברקוביץ׳", "he", "US", "+1 305 555 0161", "", "היי, ראיתי את מנורת הקיר Nit. מתאימה לחדר אמבטיה?"),
	comes("rohan", "रोहन कुलकर्णी", "hi", "GB", "+44 7700 900205", "", "नमस्ते, क्या Duna लैंप दो रंगों में मिल सकता है?"),
	comes("imogen", "Imogen Blake", "en", "AU", "+61 491 570 313", "", "Hello from Perth! Is your 230 V wiring fine for Australia?"),
	comes("katharina", "Katharina Vogel", "de", "DE", "+49 152 28895456", "", "Guten Tag, ich suche eine Leuchte über einen zwei Meter langen Esstisch."),
	comes("oksana", "Оксана Гнатюк", "uk", "ES", "+34 600 000 203", "", "Добрий день! Чи ремонтуєте ви старі лампи?"),
	comes("nil", "", "tr", "TR", "", "nil_ev", "Merhaba, Marjal büyük boy kaç santim?"),
	comes("jerome", "Jérôme Patenaude", "fr_CA", "CA", "+1 514 555 0162", "", "Bonjour ! Livrez-vous à Montréal, et en combien de temps ?"),
	comes("aneta", "Aneta Wójcik", "pl", "ES", "+34 600 000 204", "", "Dzień dobry, czy można obejrzeć Turię w sklepie w niedzielę?"),
	comes("sung", "박성민", "ko", "US", "+1 206 555 0163", "", "안녕하세요, 펜던트 조명 세 개 주문하면 할인이 있나요?"),
	comes("paolo", "Paolo Ghezzi", "it", "IT", "", "paologhezzi", "Buongiorno, vorrei regalare una Duna. Fate pacchetti regalo?"),
	comes("kanya", "กัญญา แซ่ตั้ง", "th", "AU", "+61 491 570 737", "", "สวัสดีค่ะ โคมไฟ Brisa ใช้กับไฟ 220V ได้ไหมคะ"),
	comes("eleni", "Ελένη Καρρά", "el", "ES", "+34 600 000 205", "", "Καλησπέρα! Έχετε φωτιστικά για εξωτερικό χώρο;"),
	comes("sander", "Sander Hoekstra", "nl", "ES", "+34 600 000 206", "", "Hoi, is de Llum-lantaarn waterdicht?"),
	comes("meiling", "陈美玲", "zh", "US", "+1 415 555 0164", "", "您好,请问可以定制灯罩的颜色吗?"),
	comes("ondrej", "Ondřej Malý", "cs", "ES", "+34 600 000 207", "", "Dobrý den, dá se u Duny vyměnit kabel?"),
}

func e164(phone string) string {
	if digits := digitsOf(phone); digits != "" {
		return "+" + digits
	}
	return ""
}
