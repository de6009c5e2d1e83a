// Live updates, keys and notifications. Every page works without this file; nothing then comes by itself.
"use strict";

// j and k move through a list, Enter opens, u goes back, / searches. Typing is left alone.
(() => {
  const typing = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]");
  const links = () => [...document.querySelectorAll("[data-keys] a.subject")];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const all = links();
    const now = all.indexOf(document.activeElement);
    if (event.key === "j" && all.length) all[Math.min(now + 1, all.length - 1)].focus();
    else if (event.key === "k" && all.length) all[Math.max(now - 1, 0)].focus();
    else if (event.key === "u") document.querySelector("[data-key=u]")?.click();
    else if (event.key === "/" && document.querySelector("#q")) document.querySelector("#q").focus();
    else return;
    event.preventDefault();
  });
})();

// Parts of the page that name themselves with data-live are fetched again when something changed.
(() => {
  const parts = () => [...document.querySelectorAll("[data-live]")];
  if (!document.querySelector("nav.main") || !window.EventSource) return;
  let open = null;
  let running = false;
  const refresh = async () => {
    if (running || !parts().length) return;
    running = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const focused = document.activeElement?.getAttribute("href");
      for (const part of [...parts(), document.querySelector("nav.main")]) {
        const name = part.dataset.live;
        const next = fresh.querySelector(name ? `[data-live="${name}"]` : "nav.main");
        if (next && next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes);
      }
      if (focused) document.querySelector(`[data-live] a[href="${CSS.escape(focused)}"]`)?.focus();
    } finally {
      running = false;
    }
  };
  const told = new EventSource("/events");
  told.addEventListener("changed", async (event) => {
    const counts = JSON.parse(event.data);
    const more = open !== null && counts.open > open;
    open = counts.open;
    await refresh();
    if (!more) return;
    document.querySelector("#live").textContent = document.body.dataset.new;
    // Without content: a notification shows on locked screens.
    if (window.Notification?.permission === "granted") new Notification(document.body.dataset.newTitle);
  });
  addEventListener("pagehide", () => told.close());
})();

(() => {
  const button = document.querySelector("[data-notify]");
  if (!button || !window.Notification || Notification.permission !== "default") return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await Notification.requestPermission();
    button.hidden = true;
  });
})();
