package simulator_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"agentdesk/whatsapp/simulator"
)

func plainTemplate() simulator.Template {
	return simulator.Template{
		ID: "1689556908129832", Name: "aviso", Language: "es", Category: "UTILITY",
		Components: []map[string]any{{"type": "BODY", "text": "Su pedido está listo."}},
	}
}

// template is a send of a template in Spanish.
func template(to, name string, components []any) m {
	t := m{"name": name, "language": m{"code": "es"}}
	if components != nil {
		t["components"] = components
	}
	return m{"to": to, "type": "template", "template": t}
}

func param(text string) m       { return m{"type": "text", "text": text} }
func named(name, text string) m { return m{"type": "text", "parameter_name": name, "text": text} }
func body(params ...any) m      { return m{"type": "body", "parameters": params} }
func header(params ...any) m    { return m{"type": "header", "parameters": params} }
func url0(index any, text any) m {
	return m{"type": "button", "sub_type": "url", "index": index, "parameters": []any{text}}
}

func TestTemplateParameters(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"}) // never wrote: templates only
	hidden := w.AddCustomer(simulator.Customer{Name: "Ines", Username: "ines"})
	add := func(name, format, category string, components ...map[string]any) {
		w.AddTemplate(simulator.Template{Name: name, Language: "es", Category: category, ParameterFormat: format, Components: components})
	}
	w.AddTemplate(plainTemplate())
	add("dos", "", "UTILITY", m{"type": "HEADER", "format": "TEXT", "text": "Pedido {{1}}"}, m{"type": "BODY", "text": "Hola {{1}}, su pedido {{2}} llega."},
		m{"type": "BUTTONS", "buttons": []any{m{"type": "QUICK_REPLY", "text": "Vale"}, m{"type": "URL", "text": "Ver", "url": "https://casalumen.example/{{1}}"}}})
	add("con_nombre", "NAMED", "UTILITY", m{"type": "BODY", "text": "Hola {{nombre}}, su pedido {{pedido}} llega."})
	add("foto", "", "MARKETING", m{"type": "HEADER", "format": "IMAGE"}, m{"type": "BODY", "text": "Novedades."})
	add("codigo", "", "AUTHENTICATION", m{"type": "BODY", "text": "{{1}} es su código."}, m{"type": "BUTTONS", "buttons": []any{m{"type": "OTP", "text": "Copiar"}}})
	for _, status := range []string{"PAUSED", "DISABLED", "PENDING", "REJECTED", "FLAGGED"} {
		w.AddTemplate(simulator.Template{Name: strings.ToLower(status), Language: "es", Category: "UTILITY", Status: status, Components: plainTemplate().Components})
	}

	good := []any{header(param("77")), body(param("Nadia"), param("77")), url0("1", param("t/77"))}
	with := func(i int, v any) []any { out := append([]any(nil), good...); out[i] = v; return out }
	otherLanguage := template(c.Phone, "aviso", nil)
	otherLanguage["template"].(m)["language"] = m{"code": "es_ES"}
	code4 := []any{body(param("4711")), url0("0", param("4711"))}
	for name, row := range map[string]struct {
		send m
		code int
	}{
		"no variables":                     {template(c.Phone, "aviso", nil), 0},
		"a parameter too many":             {template(c.Phone, "aviso", []any{body(param("x"))}), 132000},
		"header that is not there":         {template(c.Phone, "aviso", []any{header(param("x"))}), 132000},
		"unknown name":                     {template(c.Phone, "otro", nil), 132001},
		"unknown language":                 {otherLanguage, 132001},
		"positional":                       {template(c.Phone, "dos", good), 0},
		"button index as number":           {template(c.Phone, "dos", with(2, url0(1, param("x")))), 0},
		"one parameter missing":            {template(c.Phone, "dos", with(1, body(param("Nadia")))), 132000},
		"header text missing":              {template(c.Phone, "dos", good[1:]), 132000},
		"URL parameter missing":            {template(c.Phone, "dos", good[:2]), 132000},
		"button that is none of that kind": {template(c.Phone, "dos", with(2, url0("0", param("x")))), 132012},
		"button that is not there":         {template(c.Phone, "dos", with(2, url0("7", param("x")))), 131009},
		"name in a positional one":         {template(c.Phone, "dos", with(1, body(named("a", "Nadia"), named("b", "77")))), 132012},
		"empty value":                      {template(c.Phone, "dos", with(1, body(param(""), param("77")))), 131008},
		"newline in a value":               {template(c.Phone, "dos", with(1, body(param("Na\ndia"), param("77")))), 132018},
		"five spaces in a value":           {template(c.Phone, "dos", with(1, body(param("Na     dia"), param("77")))), 132018},
		"value that makes it too long":     {template(c.Phone, "dos", with(1, body(param(strings.Repeat("x", 1010)), param("77")))), 132005},
		"named":                            {template(c.Phone, "con_nombre", []any{body(named("pedido", "77"), named("nombre", "Nadia"))}), 0},
		"named without names":              {template(c.Phone, "con_nombre", []any{body(param("Nadia"), param("77"))}), 100},
		"named wrongly":                    {template(c.Phone, "con_nombre", []any{body(named("pedido", "77"), named("otro", "x"))}), 132000},
		"named once too few":               {template(c.Phone, "con_nombre", []any{body(named("pedido", "77"))}), 132000},
		"picture":                          {template(c.Phone, "foto", []any{header(m{"type": "image", "image": m{"link": "https://casalumen.example/a.png"}})}), 0},
		"picture missing":                  {template(c.Phone, "foto", nil), 132012},
		"text instead of the picture":      {template(c.Phone, "foto", []any{header(param("x"))}), 132012},
		"authentication":                   {template(c.Phone, "codigo", code4), 0},
		"authentication to a BSUID":        {m{"recipient": hidden.BSUID, "type": "template", "template": template("", "codigo", code4)["template"]}, 131062},
		"utility to a BSUID":               {m{"recipient": hidden.BSUID, "type": "template", "template": template("", "aviso", nil)["template"]}, 0},
		"paused":                           {template(c.Phone, "paused", nil), 132015},
		"disabled":                         {template(c.Phone, "disabled", nil), 132016},
		"under review":                     {template(c.Phone, "pending", nil), 132001},
		"rejected":                         {template(c.Phone, "rejected", nil), 132001},
		"flagged":                          {template(c.Phone, "flagged", nil), 0},
		"free text":                        {text(c.Phone, "Hola"), 131047},
	} {
		status, answer := w.send(row.send)
		if code(answer) != row.code || (status == 200) != (row.code == 0) {
			t.Errorf("%s: %d %v, want code %d", name, status, answer, row.code)
		}
		if row.code == 132001 && status != 404 {
			t.Errorf("%s: HTTP %d, want 404", name, status)
		}
	}
}

// A template opens nothing; the tap on its button does.
func TestTemplateDoesNotOpenTheWindow(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.AddCustomer(simulator.Customer{Name: "Nadia", Phone: "+34600000042"})
	w.AddTemplate(plainTemplate())
	_, answer := w.send(template(c.Phone, "aviso", nil))
	if answer["messages"].([]any)[0].(m)["message_status"] != "accepted" {
		t.Errorf("answer: %v", answer)
	}
	w.idle()
	if _, refused := w.send(text(c.Phone, "Hola")); code(refused) != 131047 {
		t.Errorf("after a template: %v", refused)
	}
	w.Receive(c.ID, m{"type": "button", "context": m{"id": wamid(t, answer)}, "button": m{"payload": "Vale", "text": "Vale"}})
	if status, taken := w.send(text(c.Phone, "Hola")); status != 200 {
		t.Errorf("after the tap: %v", taken)
	}
}

func TestTemplateList(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for i := range 7 {
		one := plainTemplate()
		one.ID, one.Name = "", "aviso_"+string(rune('a'+i))
		if i == 3 {
			one.Status, one.Category = "REJECTED", "MARKETING"
		}
		w.AddTemplate(one)
	}
	var names []string
	path, pages := "/v25.0/"+account+"/message_templates?limit=3&fields=id,name,status,components,quality_score", 0
	for path != "" {
		_, answer := w.call("GET", path, nil)
		pages++
		for _, item := range answer["data"].([]any) {
			one := item.(m)
			names = append(names, one["name"].(string))
			if one["language"] != nil || one["id"] == "" || one["components"] == nil || one["quality_score"].(m)["score"] != "UNKNOWN" {
				t.Errorf("item: %v", one)
			}
		}
		path = ""
		if next, ok := answer["paging"].(m)["next"].(string); ok {
			path = strings.TrimPrefix(next, w.server.URL)
		}
	}
	if got := strings.Join(names, " "); pages != 3 || got != "aviso_a aviso_b aviso_c aviso_d aviso_e aviso_f aviso_g" {
		t.Errorf("%d pages: %s", pages, got)
	}
	for query, want := range map[string]int{"status=APPROVED": 6, "category=marketing": 1, "name=aviso_b": 1, "language=en": 0, "": 7} {
		if _, answer := w.call("GET", "/v25.0/"+account+"/message_templates?"+query, nil); len(answer["data"].([]any)) != want {
			t.Errorf("%s: %d, want %d", query, len(answer["data"].([]any)), want)
		}
	}
	for query, want := range map[string]int{"after=nonsense": 131059, "limit=0": 100, "fields=nonsense": 100} {
		if _, answer := w.call("GET", "/v25.0/"+account+"/message_templates?"+query, nil); code(answer) != want {
			t.Errorf("%s: %v", query, answer)
		}
	}
}

func TestTemplateReview(t *testing.T) {
	t.Parallel()
	w := setup(t, func(o *simulator.Options) { o.ReviewDelay = time.Millisecond })
	create := m{"name": "nuevo", "language": "es", "category": "UTILITY", "components": []any{
		m{"type": "BODY", "text": "Hola {{1}}, gracias por venir.", "example": m{"body_text": []any{[]any{"Nadia"}}}},
	}}
	status, answer := w.call("POST", "/v25.0/"+account+"/message_templates", create)
	if status != 200 || answer["status"] != "PENDING" || answer["category"] != "UTILITY" {
		t.Fatalf("create: %d %v", status, answer)
	}
	<-w.receiver.arrived
	value := w.receiver.values()[0]
	if value["field"] != "message_template_status_update" || value["event"] != "APPROVED" || value["message_template_name"] != "nuevo" || value["reason"] != "NONE" {
		t.Errorf("review: %v", value)
	}
	if raw := string(w.receiver.raw()[0]); !strings.Contains(raw, `"message_template_id":`+answer["id"].(string)) {
		t.Errorf("the id is no number: %s", raw)
	}
	_, shown := w.call("GET", "/v25.0/"+answer["id"].(string)+"?fields=status", nil)
	if shown["status"] != "APPROVED" {
		t.Errorf("shown: %v", shown)
	}
	if _, again := w.call("POST", "/v25.0/"+account+"/message_templates", create); again["error"].(m)["error_subcode"] != 2388024.0 {
		t.Errorf("same name again: %v", again)
	}
	if status, edited := w.call("POST", "/v25.0/"+answer["id"].(string), m{"components": []any{m{"type": "BODY", "text": "Hola."}}}); status != 200 || edited["success"] != true {
		t.Errorf("edit: %v", edited)
	}
	if status, gone := w.call("DELETE", "/v25.0/"+account+"/message_templates?name=nuevo", nil); status != 200 {
		t.Errorf("delete: %v", gone)
	}
	if status, _ := w.call("GET", "/v25.0/"+answer["id"].(string), nil); status != 400 {
		t.Errorf("a deleted template answers %d", status)
	}
}

func TestTemplateRules(t *testing.T) {
	t.Parallel()
	w := setup(t)
	example := m{"body_text": []any{[]any{"x"}}}
	bodyOf := func(text string) []any { return []any{m{"type": "BODY", "text": text, "example": example}} }
	for name, row := range map[string]struct {
		change  m
		subcode float64
	}{
		"good":               {m{}, 0},
		"capitals":           {m{"name": "Nuevo"}, 2388193},
		"variable first":     {m{"components": bodyOf("{{1}} es su pedido de hoy.")}, 2388299},
		"variable last":      {m{"components": bodyOf("Su pedido de hoy es {{1}}")}, 2388299},
		"too many variables": {m{"components": bodyOf("Hola {{1}} y {{2}} y {{3}} ya.")}, 2388293},
		"a gap":              {m{"components": bodyOf("Hola {{2}}, gracias por venir hoy.")}, 2388072},
		"no example":         {m{"components": []any{m{"type": "BODY", "text": "Hola {{1}}, gracias por venir."}}}, 2388043},
		"body too long":      {m{"components": bodyOf(strings.Repeat("x", 1025))}, 2388040},
		"header too long":    {m{"components": append(bodyOf("Hola."), m{"type": "HEADER", "format": "TEXT", "text": strings.Repeat("x", 61)})}, 2388047},
		"footer variable":    {m{"components": append(bodyOf("Hola."), m{"type": "FOOTER", "text": "Hasta {{1}} luego"})}, 2388073},
	} {
		create := m{"name": "nuevo_" + url.QueryEscape(strings.ReplaceAll(name, " ", "_")), "language": "es", "category": "UTILITY", "components": bodyOf("Hola {{1}}, gracias por venir.")}
		for key, value := range row.change {
			create[key] = value
		}
		status, answer := w.call("POST", "/v25.0/"+account+"/message_templates", create)
		refused, _ := answer["error"].(m)
		subcode, _ := refused["error_subcode"].(float64)
		if subcode != row.subcode || (status == 200) != (row.subcode == 0) || row.subcode != 0 && refused["error_user_msg"] == "" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

func TestTemplateWebhooks(t *testing.T) {
	t.Parallel()
	w := setup(t)
	one := plainTemplate()
	w.AddTemplate(one)
	w.SetTemplateStatus(one.ID, "PAUSED", "")
	w.SetTemplateStatus(one.ID, "DISABLED", "")
	w.SetTemplateStatus(one.ID, "REJECTED", "SCAM")
	w.SetTemplateQuality(one.ID, "RED")
	w.SetTemplateCategory(one.ID, "MARKETING")
	w.SetTemplateStatus("none", "PAUSED", "")
	w.idle()
	values := w.receiver.values()
	if len(values) != 5 || values[0]["other_info"].(m)["title"] != "FIRST_PAUSE" || values[1]["reason"] != nil ||
		values[1]["disable_info"].(m)["disable_date"] == "" || values[2]["reason"] != "SCAM" || values[2]["rejection_info"] == nil ||
		values[3]["new_quality_score"] != "RED" || values[3]["previous_quality_score"] != "UNKNOWN" ||
		values[4]["previous_category"] != "UTILITY" || values[4]["new_category"] != "MARKETING" {
		t.Errorf("webhooks: %v", values)
	}
}
