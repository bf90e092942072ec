package main

import "time"

var guestsInQueue = []guest{
	{
		Customer: caller("nobody", "", "en", "GB", "+44 7700 900118"),
		talks: []talk{waiting(31*time.Minute,
			says("Do you repair lamps that are not from you?"),
			says("It is my grandfather's, about 1960").after(time.Minute),
		)},
	},
	{
		Customer: hidden("rafaela", "Rafaela Moura", "pt_BR", "BR", "rafa.moura"),
		talks: []talk{waiting(2*time.Minute,
			fromAdvert("Oi! Vi o anúncio de vocês, que luminária linda 😍", "Luz tecida à mão", "Marjal: junco da lagoa, tecido em Valência."),
			says("Entregam no Brasil?").after(25*time.Second),
		)},
	},
	{
		Customer: caller("giorgos", "Γιώργος Παππάς", "el", "ES", "+34 600 000 128"),
		talks: []talk{waiting(6*time.Minute,
			says("Γεια σας! Η Brisa υπάρχει σε διάμετρο 60 εκατοστών;"),
		)},
	},
	{
		Customer: caller("haneul", "김하늘", "ko", "CA", "+1 604 555 0129"),
		talks: []talk{waiting(14*time.Minute,
			says("안녕하세요! 이런 공간에는 어떤 조명이 어울릴까요?"),
			photo("천장 높이는 2.6m예요"),
		)},
	},
	{
		Customer: caller("arjun", "Arjun Pillai", "en", "GB", "+44 7700 900130"),
		talks: []talk{waiting(55*time.Minute,
			voice(),
		)},
	},
	{
		Customer: hidden("unnamed", "", "en", "MT", ""),
		talks: []talk{waiting(20*time.Minute,
			says("hi, do you ship to Malta? 2 wall lights"),
		)},
	},
	{
		Customer: caller("giulia", "Giulia Serravalle", "it", "ES", "+34 600 000 132"),
		talks: []talk{
			on(6, "11:45",
				says("Ciao! Vivo a Valencia, posso passare a vedere la Turia?"),
				chi.answers("Ciao Giulia! Certo, siamo aperti fino alle 20."),
				says("Arrivo 🏃‍♀️"),
				loves("👍"),
				chi.closes(),
			),
			waiting(70*time.Minute,
				says("Ciao, la Turia è bellissima. Ora in casa litighiamo sul paralume"),
				poll(),
				says("Ho fatto un sondaggio, lo vedete? Rispondete anche voi 😂").after(15*time.Second),
			),
		},
	},
	{
		Customer: caller("siobhan", "Siobhán Ní Cheallaigh", "en", "GB", "+44 7700 900133"), quiet: true,
		talks: []talk{withLeft(3*time.Hour+20*time.Minute,
			says("Hello! I'd like two Duna for my sister's wedding, in different colours."),
			says("It's on the 12th. Is that possible at all?").after(2*time.Minute),
		)},
	},
	{
		Customer: caller("paulo", "Paulo Teixeira", "pt_PT", "ES", "+34 600 000 134"),
		talks: []talk{
			on(3, "19:25",
				says("Boa tarde, preciso de 12 candeeiros para um restaurante"),
				ben.answers("Good afternoon Paulo! I put together an offer and come back to you."),
				says("Obrigado. Pode ser em português? 🙏"),
				ben.answers("Claro! Peço a uma colega que escreva em português."),
			),
			waiting(40*time.Minute,
				says("Olá, há novidades do orçamento?"),
				ben.looks(),
				ben.releases(),
				says("É para fechar esta semana").after(4*time.Minute),
			),
		},
	},
}
