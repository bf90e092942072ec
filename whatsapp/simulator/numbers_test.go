package simulator_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, list := w.call("GET", "/v25.0/"+account+"/phone_numbers", nil)
	first := list["data"].([]any)[0].(m)
	if len(list["data"].([]any)) != 2 || first["id"] != number || first["display_phone_number"] != "+34 600 000 100" || first["quality_rating"] != "GREEN" {
		t.Errorf("numbers: %v", list)
	}
	_, one := w.call("GET", "/v25.0/"+number+"?fields=verified_name,health_status,throughput,status", nil)
	if one["verified_name"] != "Casa Lumen" || one["health_status"].(m)["can_send_message"] != "AVAILABLE" || one["status"] != "CONNECTED" || one["quality_rating"] != nil {
		t.Errorf("number: %v", one)
	}
	if _, refused := w.call("GET", "/v25.0/"+number+"?fields=shoe_size", nil); code(refused) != 100 {
		t.Errorf("unknown field: %v", refused)
	}
	if _, whole := w.call("GET", "/v25.0/"+account+"?fields=name,health_status", nil); whole["id"] != account || whole["name"] != "Casa Lumen" {
		t.Errorf("account: %v", whole)
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	w := setup(t)
	path := "/v25.0/" + number + "/whatsapp_business_profile"
	if status, answer := w.call("POST", path, m{"messaging_product": "whatsapp", "about": "Lámparas", "vertical": "RETAIL"}); status != 200 {
		t.Fatalf("edit: %v", answer)
	}
	_, shown := w.call("GET", path+"?fields=about,email", nil)
	profile := shown["data"].([]any)[0].(m)
	if profile["about"] != "Lámparas" || profile["messaging_product"] != "whatsapp" || profile["vertical"] != nil {
		t.Errorf("profile: %v", shown)
	}
	if _, refused := w.call("POST", path, m{"messaging_product": "whatsapp", "about": strings.Repeat("x", 140)}); code(refused) != 100 {
		t.Errorf("too long: %v", refused)
	}
}

func TestBlockUsers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	path := "/v25.0/" + number + "/block_users"
	users := func(who m) m { return m{"messaging_product": "whatsapp", "block_users": []any{who}} }
	if status, answer := w.call("POST", path, users(m{"user": c.Phone})); status != 200 {
		t.Fatalf("block: %v", answer)
	}
	if _, refused := w.send(text(c.Phone, "Hola")); code(refused) != 130403 {
		t.Errorf("to somebody we blocked: %v", refused)
	}
	if _, list := w.call("GET", path, nil); list["data"].([]any)[0].(m)["wa_id"] != "34600000042" {
		t.Errorf("list: %v", list)
	}
	if status, _ := w.call("DELETE", path, users(m{"user_id": c.BSUID})); status != 200 {
		t.Error("not unblocked")
	}
	if status, answer := w.send(text(c.Phone, "Hola")); status != 200 {
		t.Errorf("unblocked: %v", answer)
	}
	w.clock.Advance(25 * time.Hour)
	if status, refused := w.call("POST", path, users(m{"user": c.Phone})); status != 400 || code(refused) != 139100 || refused["block_users"] == nil {
		t.Errorf("block after 24 hours: %v", refused)
	}
}

func (w *world) upload(mime string, data []byte) (int, string) {
	w.t.Helper()
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	parts.WriteField("messaging_product", "whatsapp")
	parts.WriteField("type", mime)
	file, err := parts.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="a"`}, "Content-Type": {mime}})
	if err != nil {
		w.t.Fatal(err)
	}
	file.Write(data)
	parts.Close()
	return w.get("POST", w.server.URL+"/v25.0/"+number+"/media", token, parts.FormDataContentType(), &form)
}

func (w *world) get(method, url, bearer, contentType string, body io.Reader) (int, string) {
	w.t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, string(data)
}

func TestMedia(t *testing.T) {
	t.Parallel()
	w := setup(t)
	c := w.nadia()
	status, answer := w.upload("image/png", []byte("picture"))
	id := strings.Trim(strings.TrimPrefix(answer, `{"id":`), `"}`)
	if status != 200 || id == "" {
		t.Fatalf("upload: %d %s", status, answer)
	}
	if status, answer := w.send(m{"to": c.Phone, "type": "image", "image": m{"id": id, "caption": "La lámpara"}}); status != 200 {
		t.Errorf("send: %v", answer)
	}
	_, where := w.call("GET", "/v25.0/"+id, nil)
	if where["mime_type"] != "image/png" || where["file_size"] != "7" || len(where["sha256"].(string)) != 64 {
		t.Errorf("where: %v", where)
	}
	link := where["url"].(string)
	for bearer, want := range map[string]int{token: 200, "other": 401} {
		if status, body := w.get("GET", link, bearer, "", nil); status != want || want == 200 && body != "picture" {
			t.Errorf("download as %q: %d %s", bearer, status, body)
		}
	}
	if status, _ := w.get("GET", strings.Replace(link, "hash=", "hash=0", 1), token, "", nil); status != 404 {
		t.Errorf("forged address: %d", status)
	}
	if status, refused := w.upload("application/x-msdownload", nil); status != 400 || !strings.Contains(refused, "131053") {
		t.Errorf("empty file: %d %s", status, refused)
	}
	if status, refused := w.upload("image/gif", []byte("x")); status != 400 || !strings.Contains(refused, `"code":100`) {
		t.Errorf("type that is not taken: %d %s", status, refused)
	}
	theirs := w.AddMedia("image/jpeg", []byte("theirs"))
	w.clock.Advance(7 * 24 * time.Hour)
	if status, _ := w.call("GET", "/v25.0/"+theirs, nil); status != 400 {
		t.Error("a received file is there after seven days")
	}
	if status, _ := w.call("GET", "/v25.0/"+id, nil); status != 200 {
		t.Error("an uploaded file is gone after seven days")
	}
	if status, _ := w.call("DELETE", "/v25.0/"+id, nil); status != 200 {
		t.Error("not deleted")
	}
	if status, _ := w.call("GET", "/v25.0/"+id, nil); status != 400 {
		t.Error("a deleted file is still there")
	}
}
