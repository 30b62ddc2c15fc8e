(() => {
  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(location.href, { cache: "no-store" });
        const next = new DOMParser().parseFromString(await answer.text(), "text/html");
        // A page of a site has come up in place of this one.
        if (!next.querySelector("main.pmx-small")) return location.reload();
        const [now, then] = [document.querySelector("main"), next.querySelector("main")];
        if (now.innerHTML !== then.innerHTML) now.replaceWith(then);
      } catch { /* The server is away; it may come back. */ }
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
})();
