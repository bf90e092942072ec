package main

import "agentdesk/whatsapp/simulator"

// demoTemplates are the shop's message forms, one at least in every status. Their ids are fixed, so that a kept data
// directory finds them again.
var demoTemplates = []simulator.Template{
	{ID: "7300000000000101", Name: "order_ready", Language: "es", Category: "UTILITY", Quality: "GREEN", Components: form(
		header("Pedido {{1}}", "LU-20481"),
		body("Hola {{1}}, tu pedido está listo: {{2}}. Puedes recogerlo en la tienda de lunes a sábado, de 10 a 20 h.", "Inés", "lámpara Duna, color arena"),
		footer("Casa Lumen, Valencia"),
		buttons(quickReply("Voy hoy"), quickReply("Prefiero envío"), link("Ver pedido", "https://casalumen.example/p/{{1}}", "LU-20481")),
	)},
	{ID: "7300000000000102", Name: "order_ready", Language: "en_GB", Category: "UTILITY", Quality: "GREEN", Components: form(
		header("Order {{1}}", "LU-20481"),
		body("Hello {{1}}, your order is ready: {{2}}. You can collect it at the shop, Monday to Saturday, 10 am to 8 pm.", "Blessing", "Duna lamp, sand"),
		footer("Casa Lumen, Valencia"),
		buttons(quickReply("I'll come today"), quickReply("Please deliver it"), link("See the order", "https://casalumen.example/p/{{1}}", "LU-20481")),
	)},
	{ID: "7300000000000103", Name: "order_ready", Language: "pt_PT", Category: "UTILITY", Quality: "GREEN", Components: form(
		header("Encomenda {{1}}", "LU-20481"),
		body("Olá {{1}}, a sua encomenda está pronta: {{2}}. Pode levantá-la na loja, de segunda a sábado, das 10h às 20h.", "Beatriz", "candeeiro Duna, areia"),
		footer("Casa Lumen, Valência"),
		buttons(quickReply("Passo hoje"), link("Ver encomenda", "https://casalumen.example/p/{{1}}", "LU-20481")),
	)},
	{ID: "7300000000000104", Name: "order_ready", Language: "ar", Category: "UTILITY", Quality: "GREEN", Components: form(
		header("الطلب {{1}}", "LU-20481"),
		body("مرحبًا {{1}}، طلبك جاهز: {{2}}. يمكنك استلامه من المتجر من الاثنين إلى السبت، من الساعة 10 إلى 20.", "فريد", "مصباح دونا"),
		footer("كازا لومن، فالنسيا"),
		buttons(quickReply("سآتي اليوم")),
	)},
	{ID: "7300000000000111", Name: "delivery_day", Language: "es", Category: "UTILITY", ParameterFormat: "NAMED", Quality: "GREEN", Components: form(
		named("Hola {{first_name}}, llevamos tu pedido {{order_number}} el {{day}} entre las {{from}} y las {{to}}. ¿Te va bien?",
			"first_name", "Diego", "order_number", "LU-20397", "day", "martes 24", "from", "10:00", "to", "12:00"),
		buttons(quickReply("Me va bien"), quickReply("Otro día")),
	)},
	{ID: "7300000000000112", Name: "delivery_day", Language: "en_GB", Category: "UTILITY", ParameterFormat: "NAMED", Quality: "YELLOW", Components: form(
		named("Hello {{first_name}}, we bring your order {{order_number}} on {{day}} between {{from}} and {{to}}. Does that suit you?",
			"first_name", "Noor", "order_number", "LU-20412", "day", "Tuesday 24", "from", "10:00", "to", "12:00"),
		buttons(quickReply("That suits me"), quickReply("Another day")),
	)},
	{ID: "7300000000000121", Name: "pick_up_again", Language: "es", Category: "UTILITY", Components: form(
		body("Hola {{1}}, nos quedó pendiente tu consulta sobre {{2}}. Responde a este mensaje y seguimos donde lo dejamos.", "Diego", "la garantía"),
		buttons(quickReply("Sigamos"), quickReply("Ya está resuelto")),
	)},
	{ID: "7300000000000122", Name: "pick_up_again", Language: "en", Category: "UTILITY", Quality: "GREEN", Components: form(
		body("Hello {{1}}, we still owe you an answer about {{2}}. Reply to this message and we go on where we stopped.", "Sunniva", "the spare shade"),
		buttons(quickReply("Let's go on"), quickReply("It is solved")),
	)},
	{ID: "7300000000000123", Name: "pick_up_again", Language: "fr", Category: "UTILITY", Quality: "GREEN", Components: form(
		body("Bonjour {{1}}, nous vous devons encore une réponse au sujet de {{2}}. Répondez à ce message et nous reprenons.", "Fatoumata", "votre devis"),
		buttons(quickReply("Reprenons"), quickReply("C’est réglé")),
	)},
	{ID: "7300000000000124", Name: "pick_up_again", Language: "de", Category: "UTILITY", Quality: "GREEN", Components: form(
		body("Hallo {{1}}, wir schulden Ihnen noch eine Antwort zu {{2}}. Antworten Sie einfach auf diese Nachricht.", "Jonas", "der Lieferzeit"),
		buttons(quickReply("Weiter geht’s"), quickReply("Hat sich erledigt")),
	)},
	{ID: "7300000000000131", Name: "evening_of_light", Language: "es", Category: "MARKETING", Quality: "YELLOW", Components: form(
		header("Noche de luz", ""),
		body("Hola {{1}}, el {{2}} abrimos hasta medianoche y apagamos el techo: solo lámparas. ¿Te guardamos un sitio?", "Martina", "viernes 27"),
		footer("Para no recibir más ofertas, pulsa abajo."),
		buttons(quickReply("Guardadme sitio"), quickReply("No más ofertas")),
	)},
	{ID: "7300000000000132", Name: "care_guide", Language: "en", Category: "UTILITY", Quality: "GREEN", Components: form(
		map[string]any{"type": "HEADER", "format": "DOCUMENT", "example": map[string]any{"header_handle": []any{"https://scontent.example/care.pdf"}}},
		body("Thank you, {{1}}. Attached is how to clean and mend your lamp.", "Kofi"),
	)},
	{ID: "7300000000000133", Name: "login_code", Language: "en", Category: "AUTHENTICATION", Quality: "GREEN", Components: form(
		map[string]any{"type": "BODY", "text": "*{{1}}* is your verification code.", "example": map[string]any{"body_text": []any{[]any{"123456"}}}},
		buttons(map[string]any{"type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}",
			"example": []any{"https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp123456"}}),
	)},
	{ID: "7300000000000141", Name: "new_collection", Language: "it", Category: "MARKETING", Status: "PENDING", Components: form(
		body("Ciao {{1}}, la collezione Marjal è arrivata in negozio. Rispondi “foto” e te la mandiamo.", "Giulia"),
	)},
	{ID: "7300000000000142", Name: "new_collection", Language: "uk", Category: "MARKETING", Status: "PENDING", Components: form(
		body("Вітаємо, {{1}}! Колекція Marjal уже в магазині. Напишіть «фото», і ми її покажемо.", "Юліє"),
	)},
	{ID: "7300000000000143", Name: "thank_you", Language: "en", Category: "UTILITY", Status: "REJECTED", RejectedReason: "TAG_CONTENT_MISMATCH", Components: form(
		body("Thank you for your order, {{1}}! Here are 20% off your next lamp, this week only.", "Blessing"),
	)},
	{ID: "7300000000000144", Name: "review_request", Language: "de", Category: "MARKETING", Status: "REJECTED", RejectedReason: "INVALID_FORMAT", Components: form(
		body("Hallo {{1}}, wie gefällt Ihnen {{2}}", "Jonas", "die Duna"),
	)},
	{ID: pausedTemplate, Name: "autumn_offer", Language: "es", Category: "MARKETING", Status: "PAUSED", Quality: "RED", Components: form(
		body("{{1}}, solo este fin de semana: dos Faro al precio de una.", "Samuel"),
		buttons(quickReply("No más ofertas")),
	)},
	{ID: "7300000000000146", Name: "summer_sale", Language: "es", Category: "MARKETING", Status: "DISABLED", Quality: "RED", Components: form(
		body("¡Últimas horas, {{1}}! Todo al 50%.", "Samuel"),
		buttons(quickReply("No más ofertas")),
	)},
}

// pausedTemplate is the one of which Meta also tells why: the listing does not.
const pausedTemplate = "7300000000000145"

// The parts of a template, as Meta lists them (platform document 8.2).

func form(components ...map[string]any) []map[string]any { return components }

func header(text, example string) map[string]any {
	c := map[string]any{"type": "HEADER", "format": "TEXT", "text": text}
	if example != "" {
		c["example"] = map[string]any{"header_text": []any{example}}
	}
	return c
}

func body(text string, examples ...any) map[string]any {
	return map[string]any{"type": "BODY", "text": text, "example": map[string]any{"body_text": []any{examples}}}
}

// named is a body with named variables: examples are name, value, name, value.
func named(text string, examples ...string) map[string]any {
	var params []any
	for i := 0; i+1 < len(examples); i += 2 {
		params = append(params, map[string]any{"param_name": examples[i], "example": examples[i+1]})
	}
	return map[string]any{"type": "BODY", "text": text, "example": map[string]any{"body_text_named_params": params}}
}

func footer(text string) map[string]any { return map[string]any{"type": "FOOTER", "text": text} }

func buttons(all ...map[string]any) map[string]any {
	return map[string]any{"type": "BUTTONS", "buttons": all}
}

func quickReply(text string) map[string]any {
	return map[string]any{"type": "QUICK_REPLY", "text": text}
}

func link(text, url, example string) map[string]any {
	return map[string]any{"type": "URL", "text": text, "url": url, "example": []any{example}}
}
