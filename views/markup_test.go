package views_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"agentdesk/store"
	"agentdesk/views"
)

// written renders a text message and returns what its markup became: the inner HTML of the text, links with their address
// only, because all of them are alike.
func written(t testing.TB, text string) (html string, doc *goquery.Document) {
	t.Helper()
	doc = render(t, views.Bubble(views.MessageView{Message: store.Message{ID: 1, Kind: store.KindText, Direction: store.In, Body: text}}))
	doc.Find(".bubble__text a").Each(func(_ int, a *goquery.Selection) {
		if a.AttrOr("rel", "") != "noopener noreferrer nofollow" || a.AttrOr("target", "") != "_blank" || a.AttrOr("dir", "") != "ltr" {
			t.Errorf("%q: a link without its protection", text)
		}
		a.RemoveAttr("rel").RemoveAttr("target").RemoveAttr("dir")
	})
	html, err := doc.Find(".bubble__text").Html()
	if err != nil {
		t.Fatal(err)
	}
	return html, doc
}

func TestMarkup(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"plain", "hello", "<p>hello</p>"},
		{"bold", "a *b* c", "<p>a <strong>b</strong> c</p>"},
		{"italic and strike", "_a_ ~b~", "<p><em>a</em> <s>b</s></p>"},
		{"nested", "*a _b ~c~_*", "<p><strong>a <em>b <s>c</s></em></strong></p>"},
		{"inside words it is no marker", "snake_case_name 2*3*4", "<p>snake_case_name 2*3*4</p>"},
		{"spaces inside are no marker", "x * a * and _ b _", "<p>x * a * and _ b _</p>"},
		{"unclosed", "*a", "<p>*a</p>"},
		{"not across lines", "*a\nb*", "<p>*a\nb*</p>"},
		{"beside punctuation", "(*a*), *b*!", "<p>(<strong>a</strong>), <strong>b</strong>!</p>"},
		{"code", "`a *b*`", "<p><code>a *b*</code></p>"},
		{"mono", "```a `b` *c*```", "<p><code>a `b` *c*</code></p>"},
		{"mono over lines", "x\n```\na\n  b\n```\ny", "<p>x</p><pre>a\n  b</pre><p>y</p>"},
		{"unclosed mono", "```a\nb", "<p>```a\nb</p>"},
		{"quote", "> a *b*\n> c\nd", "<blockquote>a <strong>b</strong>\nc</blockquote><p>d</p>"},
		{"bullets", "- a\n* b\n\nc", "<ul><li>a</li><li>b</li></ul><p>c</p>"},
		{"numbers keep their value", "3. a\n7. b", `<ol><li value="3">a</li><li value="7">b</li></ol>`},
		{"no number", "01. a\n2026. b\n1.c", "<p>01. a\n2026. b\n1.c</p>"},
		{"blank lines stay", "a\n\nb", "<p>a\n\nb</p>"},
		{"escaped", "<b>&amp;</b>", "<p>&lt;b&gt;&amp;amp;&lt;/b&gt;</p>"},
		{"link", "see https://x.example/a_b_c?d=1&e=*2*.", `<p>see <a href="https://x.example/a_b_c?d=1&amp;e=*2">https://x.example/a_b_c?d=1&amp;e=*2</a>*.</p>`},
		{"link in bold", "*http://x.example*", `<p><strong><a href="http://x.example">http://x.example</a></strong></p>`},
		{"link in brackets", "(https://x.example/a(b))", `<p>(<a href="https://x.example/a(b)">https://x.example/a(b)</a>)</p>`},
		{"no link without a host", "https:// http://?", "<p>https:// http://?</p>"},
		{"no link with a user", "https://bank.example@evil.example/", "<p>https://bank.example@evil.example/</p>"},
		{"no other scheme", "javascript:alert(1) data:text/html,x ftp://x.example", "<p>javascript:alert(1) data:text/html,x ftp://x.example</p>"},
		{"no link inside a word", "xhttps://x.example", "<p>xhttps://x.example</p>"},
		{"a link ends before what hides", "https://x.example/\u202egpj", `<p><a href="https://x.example/">https://x.example/</a>` + "\u202egpj</p>"},
		{"right to left", "*مرحبا* بك", "<p><strong>مرحبا</strong> بك</p>"},
		{"nothing visible", " \u200b\u2800", `<p class="quiet">Message without visible text</p>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, _ := written(t, tt.text)
			if diff := cmp.Diff(tt.want, strings.TrimSpace(got)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

// A text full of markers that never close must not take its length squared.
func TestMarkupTime(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"*a ", "_a *b ~c ", "```\n", "``` ", "`", "*_~", "https://", "> ", "- *a\n", "a`` "} {
		written(t, strings.Repeat(unit, 200_000/len(unit)))
	}
}

// FuzzMarkup: whatever is written, nothing crashes, everything but markers and space is still there in its order, and no
// text becomes an element or an attribute of its own.
func FuzzMarkup(f *testing.F) {
	for _, seed := range []string{"", "*a* _b_ ~c~ `d` ```e```", "> a\n- b\n* c\n12. d\n```\ne\n```f", "https://x.example/a_(b)_*c*.", hostile} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, doc := written(t, text)
		checkText(t, text, doc)
	})
}

func checkText(t testing.TB, text string, doc *goquery.Document) {
	t.Helper()
	doc.Find(".bubble__text li[value]").Each(func(_ int, item *goquery.Selection) {
		number, _ := item.Attr("value")
		item.PrependHtml(number)
	})
	box := doc.Find(".bubble__text")
	if box.Find("p.quiet").Length() == 0 {
		if diff := cmp.Diff(bare(text), bare(box.Text())); diff != "" {
			t.Errorf("text of %q (-want +got):\n%s", text, diff)
		}
	}
	box.Find("*").Each(func(_ int, e *goquery.Selection) {
		name := goquery.NodeName(e)
		if !strings.Contains(" p ul ol li blockquote pre strong em s code a ", " "+name+" ") {
			t.Errorf("%q became <%s>", text, name)
		}
		for _, a := range e.Nodes[0].Attr {
			switch {
			case name == "a" && a.Key == "href" && (strings.HasPrefix(strings.ToLower(a.Val), "http://") || strings.HasPrefix(strings.ToLower(a.Val), "https://")):
			case name == "li" && a.Key == "value", name == "p" && a.Key == "class" && a.Val == "quiet":
			default:
				t.Errorf("%q became <%s %s=%q>", text, name, a.Key, a.Val)
			}
		}
	})
}

// bare leaves out markers and space; what HTML cannot hold is what the parser makes of it.
func bare(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("*_~`>-. \n\r\t\v\f\u0085\u00a0\uFFFD\u0000", r) {
			return -1
		}
		return r
	}, text)
}

func TestMarkupKeepsTheText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SampledFrom([]string{"*", "_", "~", "`", "```", "\n", " ", "> ", "- ", "1. ", "23. ", "a", "مرحبا", "https://x.example/", "(", ")", "<b>", "\"", "é"}), 0, 40).Draw(r, "pieces")
		text := strings.Join(pieces, "")
		_, doc := written(t, text)
		checkText(t, text, doc)
	})
}
