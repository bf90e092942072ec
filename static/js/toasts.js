// Passing notices leave by themselves; what failed stays until somebody has seen it.
const stay = 6_000;

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-dismiss]")?.closest("[data-toast]")?.remove();
});

document.addEventListener("htmx:after:swap", () => {
  for (const toast of document.querySelectorAll("[data-toast][role=status]:not([data-leaving])")) {
    toast.dataset.leaving = "";
    setTimeout(() => toast.remove(), stay);
  }
});
