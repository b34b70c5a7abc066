/* Mounts a stepper on every element with this id that has none yet. The texts of the steps are read from the
   page, the picture from its image; `data` only adds what lights up and what changes. */
(function (id, css, data) {
  "use strict";

  const steps = data.map(([kind, now, others, edges, changes]) => ({ kind, now, others, edges, changes }));
  const ICONS = {
    first: "M5 5h2.5v14H5zM19 5v14L9 12z",
    back: "M16 5v14L6 12z",
    play: "M7 4v16l13-8z",
    pause: "M6 5h4v14H6zM14 5h4v14h-4z",
    next: "M8 5v14l10-7z",
    last: "M16.5 5H19v14h-2.5zM5 5v14l10-7z",
  };
  const BUTTONS = [
    ["first", "First step (Home)"],
    ["back", "One step back (left arrow)"],
    ["play", "Play (space)"],
    ["next", "One step on (right arrow)"],
    ["last", "Last step (End)"],
  ];
  const KEYS = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", " ": "play" };
  const PHASES = { start: "Start", forward: "Forward", seed: "Backward starts", backward: "Backward" };
  const PAUSE = 1300; /* milliseconds between two steps */

  const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
  const button = ([name, title]) =>
    `<button type="button" data-go="${name}" aria-label="${title}" title="${title}">${icon(name)}</button>`;
  const TEMPLATE = `
    <section class="stepper" role="group" aria-label="Step through the computation" tabindex="0">
      <div class="picture"></div>
      <div class="controls">
        ${BUTTONS.map(button).join("")}
        <input type="range" min="0" max="${steps.length - 1}" value="0" aria-label="Step">
        <span class="count"></span>
      </div>
      <div class="panel" aria-live="polite">
        <p class="phase"></p><p class="formula"></p><p class="sentence"></p><p class="ledger"></p><p class="source"></p>
      </div>
    </section>`;

  function picture(image) {
    if (!image) return null;
    const bytes = Uint8Array.from(atob(image.src.split(",")[1]), (c) => c.charCodeAt(0));
    const text = new TextDecoder().decode(bytes);
    const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
    const width = svg.viewBox.baseVal.width * (4 / 3);
    svg.removeAttribute("height");
    svg.style.width = `clamp(${0.7 * width}px, 100%, ${width}px)`;
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", image.alt);
    return svg;
  }

  function mount(host) {
    const texts = Array.from(host.querySelectorAll("details"), (frame) =>
      Object.fromEntries(
        ["formula", "sentence", "ledger", "source"].map((name) => {
          const part = frame.querySelector("." + name);
          return [name, part ? part.textContent : ""];
        })
      )
    );
    const sources = {}; /* the way back shows the line that made the node which the gradient comes from */
    steps.forEach((step, i) => step.kind === "forward" && (sources[step.now] = texts[i].source));
    const root = host.attachShadow({ mode: "open" });
    root.innerHTML = `<style>${css}</style>${TEMPLATE}`;
    const find = (selector) => root.querySelector(selector);
    const section = find("section");
    const frame = find(".picture");
    const slider = find("input");
    const svg = picture(host.querySelector("img"));
    if (svg) frame.append(svg);
    const part = (name) => svg && svg.getElementById(name);
    let at = 0;
    let timer = 0;

    function change([name, field, lines]) {
      const card = part(name);
      if (!card) return;
      card.querySelectorAll("." + field).forEach((text, i) => (text.textContent = lines[i] || ""));
      if (field === "data") card.classList.toggle("pending", lines[0] === "–");
    }

    function light(step) {
      for (const one of section.querySelectorAll(".now, .from, .lit")) one.classList.remove("now", "from", "lit");
      const add = (names, style) => names.map(part).forEach((one) => one && one.classList.add(style));
      add(step.others, "from");
      add(step.edges, "lit");
      add([step.now], "now");
    }

    function reveal(name) {
      const card = part(name);
      if (!card) return;
      const [inner, outer] = [card.getBoundingClientRect(), frame.getBoundingClientRect()];
      const near = (a, b, from, to) => (a < from + 30 ? a - from - 60 : b > to - 30 ? b - to + 60 : 0);
      frame.scrollBy({
        left: near(inner.left, inner.right, outer.left, outer.right),
        top: near(inner.top, inner.bottom, outer.top, outer.bottom),
      });
    }

    function show(index) {
      at = Math.max(0, Math.min(steps.length - 1, index));
      const step = steps[at];
      const text = texts[at];
      steps.slice(0, at + 1).forEach((past) => past.changes.forEach(change));
      light(step);
      reveal(step.now);
      section.dataset.kind = step.kind;
      find(".phase").textContent = PHASES[step.kind];
      find(".formula").replaceChildren(
        ...(step.kind === "start" ? [text.formula] : text.formula.split(" = ")).map((piece, i) => {
          const span = document.createElement("span");
          span.textContent = (i ? "= " : "") + piece;
          return span;
        })
      );
      for (const name of ["sentence", "ledger"]) find("." + name).textContent = text[name];
      find(".source").textContent = text.source || sources[step.others[0]] || "";
      slider.value = at;
      slider.setAttribute("aria-valuetext", `${PHASES[step.kind]}: ${text.formula}`);
      find(".count").textContent = `${at} / ${steps.length - 1}`;
      for (const name of ["first", "back"]) find(`[data-go=${name}]`).disabled = at === 0;
      for (const name of ["next", "last"]) find(`[data-go=${name}]`).disabled = at === steps.length - 1;
    }

    function play(on) {
      clearInterval(timer);
      timer = on ? setInterval(tick, PAUSE) : 0;
      const control = find("[data-go=play]");
      control.innerHTML = icon(on ? "pause" : "play");
      control.title = on ? "Pause (space)" : "Play (space)";
      control.setAttribute("aria-label", control.title);
      find(".panel").setAttribute("aria-live", on ? "off" : "polite");
    }

    function tick() {
      if (!host.isConnected || at === steps.length - 1) return play(false);
      show(at + 1);
      if (at === steps.length - 1) play(false);
    }

    function go(where) {
      if (where === "play") {
        const on = !timer;
        if (on) show(at === steps.length - 1 ? 0 : at + 1);
        return play(on);
      }
      play(false);
      show({ first: 0, back: at - 1, next: at + 1, last: steps.length - 1 }[where]);
    }

    section.addEventListener("click", (event) => {
      const control = event.target.closest("button");
      if (control) go(control.dataset.go);
    });
    slider.addEventListener("input", () => {
      play(false);
      show(Number(slider.value));
    });
    section.addEventListener("keydown", (event) => {
      const where = KEYS[event.key];
      if (!where || event.ctrlKey || event.metaKey || event.altKey) return;
      event.stopPropagation(); /* a notebook would move to another cell */
      const own = event.key === " " ? event.target.closest("button") : event.target === slider;
      if (own) return;
      event.preventDefault();
      go(where);
    });
    show(0);
  }

  for (const host of document.querySelectorAll(`[id="${id}"]`)) if (!host.shadowRoot) mount(host);
})
