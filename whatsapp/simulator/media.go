package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// media is a file that was uploaded, or that came with a customer's message.
type media struct {
	id, number, mime string
	data             []byte
	at               time.Time // business time
	keep             time.Duration
}

const (
	downloadPath  = "/whatsapp_business/attachments/"
	linkLife      = 5 * time.Minute // a download address is good for that long (7)
	uploadedLife  = 30 * 24 * time.Hour
	receivedLife  = 7 * 24 * time.Hour
	maxUpload     = 100 << 20
	uploadMemory  = 8 << 20
	uploadOverage = 1 << 20 // the parts around the file
)

// mediaTypes says what a kind of file may be and how large (6.2). Documents may be anything.
var mediaTypes = []struct {
	mime string
	most int
}{
	{"image/jpeg", 5 << 20}, {"image/png", 5 << 20}, {"image/webp", 500 << 10}, {"video/mp4", 16 << 20}, {"video/3gpp", 16 << 20},
	{"audio/aac", 16 << 20}, {"audio/amr", 16 << 20}, {"audio/mpeg", 16 << 20}, {"audio/mp4", 16 << 20}, {"audio/ogg", 16 << 20},
	{"text/plain", maxUpload}, {"application/", maxUpload},
}

// AddMedia keeps a file that a customer sends, for seven days like Meta (7), and returns its id for the message object.
func (s *Simulator) AddMedia(mime string, data []byte) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &media{id: randomDigits(16), mime: mime, data: data, at: s.clock(), keep: receivedLife}
	s.storeMedia(m)
	return m.id
}

// storeMedia keeps a file and lets the oldest go when there is too much. s.mu is held.
func (s *Simulator) storeMedia(m *media) {
	s.media[m.id] = m
	s.mediaBytes += len(m.data)
	for s.mediaBytes > maxMedia && len(s.media) > 1 {
		var oldest *media
		for _, other := range s.media {
			if other != m && (oldest == nil || other.at.Before(oldest.at)) {
				oldest = other
			}
		}
		s.dropMedia(oldest)
	}
}

func (s *Simulator) dropMedia(m *media) {
	delete(s.media, m.id)
	s.mediaBytes -= len(m.data)
}

// findMedia finds a file that is not too old. s.mu is held.
func (s *Simulator) findMedia(id string) *media {
	m := s.media[id]
	if m != nil && s.clock().Sub(m.at) >= m.keep {
		s.dropMedia(m)
		return nil
	}
	return m
}

// uploadMedia is POST /{phone-id}/media.
func (s *Simulator) uploadMedia(w http.ResponseWriter, r *http.Request, n Number) (any, *graphError) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload+uploadOverage)
	if err := r.ParseMultipartForm(uploadMemory); err != nil {
		return nil, refuse(100, "The body is no multipart form, or too large.")
	}
	defer r.MultipartForm.RemoveAll()
	if r.FormValue("messaging_product") != "whatsapp" {
		return nil, &graphError{code: 100, message: "(#100) The parameter messaging_product is required."}
	}
	file, header, err := r.FormFile("file")
	if err != nil {
		return nil, refuse(100, "The parameter file is required.")
	}
	defer file.Close()
	mime := header.Header.Get("Content-Type")
	if mime == "" || mime == "application/octet-stream" {
		mime = r.FormValue("type")
	}
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, refuse(131053, "The file could not be read.")
	}
	if refused := checkFile(mime, len(data)); refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &media{id: randomDigits(16), number: n.PhoneNumberID, mime: mime, data: data, at: s.clock(), keep: uploadedLife}
	s.storeMedia(m)
	return object{"id": m.id}, nil
}

func checkFile(mime string, size int) *graphError {
	for _, allowed := range mediaTypes {
		if strings.HasPrefix(mime, allowed.mime) && mime != "application/octet-stream" {
			if size == 0 || size > allowed.most {
				return refuse(131053, "A file of type %s has 1 to %d bytes.", mime, allowed.most)
			}
			return nil
		}
	}
	return &graphError{code: 100, message: "(#100) Param file must be a file with one of the supported types. Received file of type '" + mime + "'."}
}

// showMedia is GET /{media-id}: where the file can be fetched for the next five minutes.
func (s *Simulator) showMedia(r *http.Request, id string) (any, *graphError, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.findMedia(id)
	if m == nil {
		return nil, nil, false
	}
	if asked := r.URL.Query().Get("phone_number_id"); asked != "" && m.number != "" && asked != m.number {
		return nil, refuse(100, "The media file belongs to another phone number."), true
	}
	expires := strconv.FormatInt(time.Now().Add(linkLife).Unix(), 10)
	query := url.Values{"mid": {id}, "ext": {expires}, "hash": {s.linkHash(id, expires)}}
	sum := sha256.Sum256(m.data)
	return object{
		"messaging_product": "whatsapp", "url": origin(r) + downloadPath + "?" + query.Encode(), "mime_type": m.mime,
		"sha256": hex.EncodeToString(sum[:]), "file_size": fmt.Sprint(len(m.data)), "id": id,
	}, nil, true
}

func (s *Simulator) linkHash(id, expires string) string {
	mac := hmac.New(sha256.New, []byte(s.opts.AppSecret))
	mac.Write([]byte("download " + id + " " + expires))
	return hex.EncodeToString(mac.Sum(nil))[:32]
}

// serveDownload hands a file out: with the token, and only while its address is good.
func (s *Simulator) serveDownload(w http.ResponseWriter, r *http.Request) {
	if s.faults.on(&s.faults.down) {
		http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
		return
	}
	if refused := s.authorise(r); refused != nil {
		writeGraph(w, refused.httpStatus(), refused.body())
		return
	}
	id, expires := r.FormValue("mid"), r.FormValue("ext")
	until, err := strconv.ParseInt(expires, 10, 64)
	s.mu.Lock()
	m := s.findMedia(id)
	s.mu.Unlock()
	if m == nil || err != nil || time.Now().Unix() > until || !hmac.Equal([]byte(r.FormValue("hash")), []byte(s.linkHash(id, expires))) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", m.mime)
	w.Header().Set("Content-Disposition", "attachment")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(m.data)))
	w.Write(m.data)
}

func (s *Simulator) deleteMedia(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.findMedia(id)
	if m == nil {
		return false
	}
	s.dropMedia(m)
	return true
}
