// The phone page without reloads: the message field empties once its text is on its way, and replying to a message fills the
// quote above the field. Without this script the same links and forms load the page again.

const composer = document.querySelector("[data-composer]");

function quote(wamid, who = "", text = "") {
  const box = composer.querySelector("[data-quoted]");
  composer.elements.quote.value = wamid;
  box.querySelector("[data-quoted-who]").textContent = who;
  box.querySelector("[data-quoted-text]").textContent = text;
  box.hidden = !wamid;
  composer.elements.body.focus();
}

document.addEventListener("click", (event) => {
  if (!composer || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const reply = event.target.closest("[data-quote]");
  const drop = event.target.closest("[data-unquote]");
  if (!reply && !drop) return;
  event.preventDefault();
  if (reply) quote(reply.dataset.quote, reply.dataset.quoteWho, reply.dataset.quoteText);
  else quote("");
});

let sent = "";

document.addEventListener("htmx:before:request", (event) => {
  if (event.detail.ctx.sourceElement === composer) sent = composer.elements.body.value;
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!composer || ctx.sourceElement !== composer || ctx.response?.status !== 200) return;
  // What was typed while the message was on its way stays.
  if (composer.elements.body.value === sent) composer.elements.body.value = "";
  quote("");
  document.getElementById("sim-talk").scrollTop = 0; // the newest end: the scroller is reversed
});
