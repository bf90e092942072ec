// The desk's business time: the server's, not this machine's. Only the difference is kept, so that a sleeping or throttled
// tab is right again at once.
let offset = 0;

export const now = () => Date.now() + offset;

export function setServerNow(milliseconds) {
  if (!milliseconds) return;
  const moved = Math.abs(milliseconds - now()) > 2_000;
  offset = milliseconds - Date.now();
  if (moved) document.dispatchEvent(new CustomEvent("desk:clock"));
}

const rendered = Number(document.body.dataset.now);
if (rendered) setServerNow(rendered);
