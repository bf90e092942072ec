package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// ClientOptions configure a Client; the zero value talks to Meta.
type ClientOptions struct {
	BaseURL   string            // default https://graph.facebook.com
	Version   string            // default v25.0
	Timeout   time.Duration     // of one call; default 15 s
	Transport http.RoundTripper // default: one of its own
}

// Client is the one way to the Graph API.
//
// It never repeats a call by itself, and Go's transport does not either: that repeats a POST only when it carries an
// Idempotency-Key, or when it can rewind the body (GetBody) of a request of which nothing was written. Neither is set here.
// Redirects are not followed: the next host would get the token.
type Client struct {
	base    string
	timeout time.Duration
	http    *http.Client
}

const (
	largestAnswer = 16 << 20 // a page of templates is the largest
	largestError  = 64 << 10
	longestWait   = 10 * time.Minute // what of Retry-After is believed
)

// NewClient panics on a base URL that is none.
func NewClient(o ClientOptions) *Client {
	if o.BaseURL == "" {
		o.BaseURL = "https://graph.facebook.com"
	}
	if o.Version == "" {
		o.Version = "v25.0"
	}
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	base, err := url.Parse(o.BaseURL)
	if err != nil || (base.Scheme != "https" && base.Scheme != "http") || base.Host == "" {
		panic(fmt.Sprintf("whatsapp: %q is no base URL", o.BaseURL))
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			MaxIdleConnsPerHost: 32,
			IdleConnTimeout:     30 * time.Second, // shorter than a server's: a POST on a dying connection has no known outcome
			TLSHandshakeTimeout: 10 * time.Second,
		}
	}
	return &Client{
		base:    strings.TrimRight(o.BaseURL, "/") + "/" + strings.Trim(o.Version, "/"),
		timeout: o.Timeout,
		http: &http.Client{
			Transport:     o.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// get decodes the answer of a GET into out. Errors: GraphError, CallError.
func (c *Client) get(ctx context.Context, token string, query url.Values, out any, path ...string) error {
	return c.call(ctx, http.MethodGet, token, query, nil, out, path)
}

// post sends a JSON body, which may be nil. Errors: GraphError, CallError.
func (c *Client) post(ctx context.Context, token string, body []byte, out any, path ...string) error {
	return c.call(ctx, http.MethodPost, token, nil, body, out, path)
}

func (c *Client) call(ctx context.Context, method, token string, query url.Values, body []byte, out any, path []string) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var written atomic.Bool
	request, err := c.request(ctx, method, token, query, body, path, &written)
	if err != nil {
		return &CallError{Err: err}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return &CallError{Written: written.Load(), Err: withoutURL(err)}
	}
	defer response.Body.Close()
	return answer(response, out)
}

// request builds one call. written becomes true as soon as any of it may be on its way: the transport reads the body before
// it writes it, so a body that was never read was never sent. WroteRequest alone would come too late for a request that is
// cut off while it is being written.
func (c *Client) request(ctx context.Context, method, token string, query url.Values, body []byte, path []string, written *atomic.Bool) (*http.Request, error) {
	address := c.base
	for _, part := range path {
		address += "/" + url.PathEscape(part)
	}
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { written.Store(true) }})
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, withoutURL(err)
	}
	if body != nil {
		request.Body = io.NopCloser(&watched{Reader: bytes.NewReader(body), read: written})
		request.ContentLength = int64(len(body))
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("User-Agent", "agentdesk")
	request.Header.Set("Accept", "application/json")
	return request, nil
}

// watched notes that somebody has begun to read.
type watched struct {
	io.Reader
	read *atomic.Bool
}

func (w *watched) Read(p []byte) (int, error) {
	w.read.Store(true)
	return w.Reader.Read(p)
}

// withoutURL takes the address off an error of net/http: what matters is what happened.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// answer reads a response: out on success, GraphError where Meta explains itself, CallError for all else.
func answer(response *http.Response, out any) error {
	retryAfter := retryAfter(response.Header.Get("Retry-After"))
	fail := func(err error) error {
		return &CallError{Written: true, Status: response.StatusCode, RetryAfter: retryAfter, Err: err}
	}
	most := int64(largestAnswer)
	if response.StatusCode >= 400 {
		most = largestError
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	if err != nil {
		return fail(fmt.Errorf("read the answer: %w", err))
	}
	if int64(len(data)) > most {
		return fail(fmt.Errorf("the answer is longer than %d bytes", most))
	}
	if kind(data) != '{' || !json.Valid(data) {
		return fail(errors.New("the answer is no JSON object"))
	}
	var wrapper struct {
		Error *struct {
			Code    *whole `json:"code"`
			Subcode whole  `json:"error_subcode"`
			Message text   `json:"message"`
			Title   text   `json:"error_user_title"`
			Trace   text   `json:"fbtrace_id"`
			Data    struct {
				Details text `json:"details"`
			} `json:"error_data"`
		} `json:"error"`
	}
	_ = decode(data, &wrapper)
	if e := wrapper.Error; e != nil && e.Code != nil {
		return &GraphError{
			Status: response.StatusCode, Code: int(*e.Code), Subcode: int(e.Subcode), Message: string(e.Message),
			Details: string(e.Data.Details), Trace: string(e.Trace), RetryAfter: retryAfter,
		}
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fail(errors.New("an error without a code"))
	}
	if err := decode(data, out); err != nil {
		return fail(fmt.Errorf("read the answer: %w", err))
	}
	return nil
}

func retryAfter(header string) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(header))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, longestWait)
}
