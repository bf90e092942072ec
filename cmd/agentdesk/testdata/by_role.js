(role, name) => {
  const selectors = {
    button: "button, [role=button], summary, input[type=submit]",
    textbox: "textarea, input:not([type=hidden]):not([type=checkbox]):not([type=radio]):not([type=submit]), [role=textbox]",
    link: "a[href]",
    navigation: "nav, [role=navigation]",
    region: "section[aria-label], [role=region]",
    log: "[role=log]",
    timer: "[role=timer]",
    status: "[role=status]",
    alert: "[role=alert]",
    article: "article, [role=article]",
    dialog: "dialog[open], [role=dialog]",
    heading: "h1, h2, h3, [role=heading]",
    combobox: "select, [role=combobox]",
    checkbox: "input[type=checkbox], [role=checkbox]",
  };
  const spoken = (node) =>
    node.nodeType === Node.TEXT_NODE ? node.data
    : node.nodeType !== Node.ELEMENT_NODE || node.getAttribute("aria-hidden") === "true" ? ""
    : [...node.childNodes].map(spoken).join(" ");
  const text = (e) => (e ? spoken(e) : "").replace(/\s+/g, " ").trim();
  const nameOf = (e) => {
    const labelled = e.getAttribute("aria-labelledby");
    if (labelled) return labelled.split(" ").map((id) => text(document.getElementById(id))).join(" ");
    if (e.getAttribute("aria-label")) return e.getAttribute("aria-label");
    if (e.labels?.length) return text(e.labels[0]);
    return text(e) || e.title || e.placeholder || "";
  };
  const visible = (e) => e.checkVisibility?.() ?? true;
  const all = [...document.querySelectorAll(selectors[role])].filter(visible);
  return all.find((e) => nameOf(e) === name) ?? all.find((e) => nameOf(e).startsWith(name)) ?? null;
}
