package main

import "testing"

// hide makes the page believe that it is in a tab behind another; a headless Chromium never hides one by itself.
const hide = `(() => {
	Object.defineProperty(document, "hidden", {get: () => true});
	Object.defineProperty(document, "visibilityState", {get: () => "hidden"});
	document.dispatchEvent(new Event("visibilitychange"));
	return document.hidden;
})()`

// TestAHiddenTabStaysLive: htmx's socket closes in a hidden tab unless it is told not to, and an agent in another tab
// would hear nothing.
func TestAHiddenTabStaysLive(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.available(t, f.Ana)
	ana := f.signedIn(t, f.Ana)
	eval[bool](ana, hide)
	f.Sim.Say(f.customer("Hannah Lindqvist", "+447700900555"), "anybody there?")
	ana.has("link", "Hannah Lindqvist")
	ana.until("the count in the title", `document.title.startsWith("(1) ")`)
	ana.clean()
}
