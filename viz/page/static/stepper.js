/* The stepper: the timeline, the keys, what is asked for. */

const ICONS = {
  first: "M5 5h2.5v14H5zM19 5v14L9 12z",
  back: "M16 5v14L6 12z",
  play: "M7 4v16l13-8z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  next: "M8 5v14l10-7z",
  last: "M16.5 5H19v14h-2.5zM5 5v14l10-7z",
};
const BUTTONS = ["first", "back", "play", "next", "last"];
const KEYS = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", " ": "play", "/": "find" };
const PAUSE = 1300; /* milliseconds between two steps */

function template(say, count, model, groups, runs) {
  const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
  const button = (name) => {
    const title = escape(say(name));
    return `<button type="button" data-go="${name}" aria-label="${title}" title="${title}">${icon(name)}</button>`;
  };
  const option = (by) => `<option value="${by}">${escape(say(`by_${by}`))}</option>`;
  const languages = say.languages.length < 2 ? "" :
    `<select class="language" aria-label="${escape(say("language"))}">${say.languages
      .map((one) => `<option value="${one}" ${one === say.now() ? "selected" : ""}>${{ en: "English", zh: "中文" }[one] || one}</option>`).join("")}</select>`;
  return `
    <section class="stepper" role="group" aria-label="${escape(say("stepper"))}" tabindex="0" lang="${say.now()}">
      <div class="top">
        <div class="picture" tabindex="0" role="region" aria-label="${escape(say("alternative"))}"></div>
        <div class="map" hidden></div>
        <div class="zoom">${zooming(say)}</div>
      </div>
      <div class="controls">
        ${BUTTONS.map(button).join("")}
        <input type="range" min="0" max="${count - 1}" value="0" aria-label="${escape(say("step"))}">
        <span class="count"></span>
      </div>
      ${runs.length < 2 ? "" : `<div class="choices runs"><output class="run"></output>
        <input type="range" class="which" min="0" max="${runs.length - 1}" value="0" aria-label="${escape(say(runs[0].iteration ? "iteration_label" : "run_label"))}"><span class="about"></span></div>`}
      <div class="choices">
        <label>${escape(say("granularity"))} <select class="by">${["edge", "node", ...groups].map(option).join("")}</select></label>
        <label><input type="checkbox" class="predict"> ${escape(say("mode_predict"))}</label>
        <input type="search" class="find" placeholder="${escape(say("search"))}" aria-label="${escape(say("search"))}" list="names">
        <datalist id="names">${model.nodes.slice(0, 500).map((node) => `<option value="${escape(node.name)}">`).join("")}</datalist>
        ${languages}
      </div>
      <div class="panel">
        <div aria-live="polite" class="live">
          <p class="phase"></p>
          <div class="formula"></div>
          <form class="ask" hidden><label><span></span> <input type="text" autocomplete="off" inputmode="text"></label>
            <button type="submit">${escape(say("check"))}</button> <button type="button" class="reveal">${escape(say("reveal"))}</button></form>
          <p class="verdict"></p>
          <p class="sentence"></p>
          <p class="reason"></p>
          <p class="end"></p>
        </div>
        <code class="source"></code>
        <div class="table"></div>
        <p class="asks"><button type="button" data-show="contributes" aria-pressed="false"></button> <button type="button" data-show="goes" aria-pressed="false"></button></p>
        <div class="relations" hidden></div>
        <details class="whatif" hidden><summary>${escape(say("what_if"))}</summary><div class="leaves"></div><button type="button" class="reset">${escape(say("reset"))}</button></details>
        <p class="score"></p>
        <p class="outcome"></p>
      </div>
    </section>
    <div class="print"><slot></slot></div>`;
}

function stepper(host, css, lesson, code) {
  const say = speaking(lesson.words);
  const runs = lesson.runs.length ? lesson.runs : [{}];
  let run = 0;
  let model = computation({ ...lesson, ...runs[run] }, code[run] ?? code[0]);
  const groups = Object.keys(lesson.groups);
  const image = host.querySelector("svg, img");
  const root = host.attachShadow({ mode: "open" });
  let by = "edge";
  let steps = model.steps(by);
  let at = 0;
  let timer = 0;
  let shown = ""; /* which relations are open */
  let hidden = null; /* what is asked for */
  let quiz = prediction(model, say);
  const isPage = /^(https?|file):$/.test(location.protocol) && Boolean(document.querySelector('meta[name="stepgrad"]'));
  let card, view, section;
  const find = (selector) => root.querySelector(selector);
  for (const details of host.querySelectorAll("details")) details.open = true; /* they are seen in print alone */

  const extras = EXTRAS.map((extra) => extra({ say, lesson, find, model: () => model }));
  const carded = () => extras.reduce((made, extra) => extra.card(made), cards(model, say));

  function build() {
    root.innerHTML = `<style>${css}</style>${template(say, steps.length, model, groups, runs)}`;
    section = find("section");
    card = carded();
    const frame = find(".picture");
    view = pictured(lesson.around ? around(lesson, say, model, frame) : standing(image, frame, find(".map"), say), frame, model, say);
    find(".by").value = by;
    find(".predict").checked = predicting;
    listen();
    view.runs(model, lesson.differing);
    tell();
    view.first();
    whatIf();
    show(at);
  }
  let predicting = false;

  function show(index, jump = true) {
    at = Math.max(0, Math.min(steps.length - 1, index));
    hidden = predicting ? quiz.question(steps[at]) : null;
    const step = hidden ? hidden.part : steps[at]; /* of several numbers, one is asked for after the other */
    const known = model.gradients(step.events);
    const before = model.gradients(step.kind === "backward" ? step.first : step.events);
    section.querySelectorAll(".missing").forEach((one) => one.classList.remove("missing"));
    view.show(step, known, (node, field) => hidden && hidden.node === node && hidden.field === field, (index) => model.held(index, steps, at));
    view.light(step, before, hidden);
    if (jump) view.reveal(step.nodes.length || !steps[1] ? step.nodes : steps[1].nodes); /* at the start, what comes first */
    section.dataset.kind = step.kind;
    find(".phase").textContent = phase(step);
    find(".formula").innerHTML = hidden ? "" : card.formula(step, before, known);
    ask(step, before, known);
    find(".sentence").textContent = card.sentence(step);
    find(".reason").textContent = at === steps.length - 1 ? say.phrase(model.reason) : "";
    find(".end").textContent = at === steps.length - 1 && !model.reason && !hidden && step.kind === "backward" ? say("finished_sentence") : "";
    find(".source").textContent = card.source(step);
    find(".table").innerHTML = !hidden && step.kind === "backward" && step.events - step.first === 1 ? card.ledgerTable(step.nodes[0], step.events) : "";
    for (const extra of extras) extra.show(step, before, known, Boolean(hidden));
    const slider = find("input[type=range]:not(.which)");
    slider.value = at;
    slider.setAttribute("aria-valuetext", `${phase(step)}: ${find(".formula").textContent}`);
    find(".count").textContent = `${at} / ${steps.length - 1}`;
    const [begins, ends] = [at === 0, at === steps.length - 1];
    const bars = { first: begins, back: begins && run === 0, next: ends && run === runs.length - 1, last: ends };
    for (const [name, bar] of Object.entries(bars)) find(`[data-go=${name}]`).disabled = bar;
    relate(step);
    keep();
  }

  /* Another iteration, or the other of two runs: the same step, with its numbers. */
  function change(to, where = at) {
    run = Math.max(0, Math.min(runs.length - 1, to));
    model = computation({ ...lesson, ...runs[run] }, code[run] ?? code[0]);
    card = carded();
    quiz = prediction(model, say);
    view.runs(model, lesson.differing);
    steps = model.steps(by);
    find("input[type=range]:not(.which)").max = steps.length - 1;
    tell();
    show(where);
  }
  function tell() {
    if (runs.length < 2) return;
    find(".which").value = run;
    const [k, count] = runs[run].iteration || [];
    find(".run").textContent = runs[run].title ?? say("iteration", { k, count });
    const loss = model.values[model.output];
    find(".about").textContent = `${model.nodes[model.output].name} = ${format(typeof loss === "number" ? loss : loss.d[0])}`;
  }

  const phase = (step) => say(step.kind) + (step.title ? ` · ${say.phrase(step.title)}` : "");

  /* The question of a step, in the place of its result. */
  function ask(step, before, known) {
    const form = find(".ask");
    form.hidden = !hidden;
    find(".verdict").textContent = "";
    find(".verdict").className = "verdict";
    scored();
    if (!hidden) {
      if (predicting && ["forward", "backward"].includes(step.kind) && !quiz.questions(step).length) find(".verdict").textContent = say("not_asked");
      return;
    }
    form.querySelector("span").textContent = say("ask", { what: model.asked(hidden) });
    const lines = card.formula(step, before, known);
    find(".formula").innerHTML = lines.slice(0, lines.indexOf("</div>") + 6); /* the symbols, without the numbers */
    const input = form.querySelector("input");
    input.value = "";
    const focused = root.activeElement;
    if (focused && !focused.matches("select, [type=range], [type=search], [type=checkbox]")) input.focus({ preventScroll: true });
  }

  /* How many were right; at the end what is open, and what was not right at first. */
  function scored() {
    const { right, wrong, seen } = quiz.score;
    const counts = predicting && seen.size > 0;
    const isEnd = counts && at === steps.length - 1 && !hidden;
    find(".score").textContent = counts ? say("score", { right, count: seen.size }) : "";
    find(".score").classList.toggle("final", isEnd);
    const open = isEnd ? steps.flatMap(quiz.questions).filter(({ key }) => !seen.has(key)).length : 0;
    const links = [...wrong.values()].map((one) => `<button type="button" class="link" data-node="${one.node}">${escape(model.asked(one))}</button>`);
    const parts = [
      open ? escape(say("unanswered", { count: open })) : "",
      links.length ? `${escape(say("look_again"))} ${links.join(" ")}` : "",
      `<button type="button" class="again">${escape(say("again"))}</button>`,
    ];
    find(".outcome").innerHTML = isEnd ? parts.filter(Boolean).join("<br>") : "";
  }

  function answer(text) {
    const verdict = quiz.check(hidden, text);
    if (verdict.kind === "none") return void (find(".verdict").textContent = verdict.text);
    if (verdict.kind === "right") onward();
    else {
      scored();
      section.querySelectorAll(".missing").forEach((one) => one.classList.remove("missing"));
      const edge = verdict.edge && section.querySelector(`[id="e${verdict.edge[0]}_${verdict.edge[1]}"]`);
      for (const one of [edge, section.querySelector(`[id="n${verdict.node}"]`)]) if (one) one.classList.add("missing");
    }
    const line = find(".verdict");
    line.textContent = verdict.text;
    line.className = `verdict ${verdict.kind}`;
    if (verdict.kind === "wrong") find(".ask input").select();
  }

  function reveal() {
    quiz.skip(hidden);
    onward();
  }

  /* To the next question of the step, or to the step, where the keys work again. */
  function onward() {
    show(at);
    if (!hidden) section.focus({ preventScroll: true });
  }

  /* Other numbers are other questions. */
  function renumbered() {
    if (predicting) quiz.again();
    show(at, false);
  }

  /* Who contributes, where it goes: lists, and lit paths. */
  function relate(step) {
    const index = step.nodes.length ? step.nodes[step.nodes.length - 1] : model.output;
    const name = model.nodes[index].name;
    for (const one of root.querySelectorAll("[data-show]")) {
      one.textContent = say(one.dataset.show === "contributes" ? "contributes_title" : "goes_title", { name });
      one.setAttribute("aria-pressed", String(shown === one.dataset.show));
    }
    const box = find(".relations");
    box.hidden = !shown;
    const path = shown ? (shown === "contributes" ? model.before(index) : model.beyond(index)) : null;
    view.path(path);
    for (const extra of extras) extra.path?.(path);
    if (!shown) return;
    const known = (i) => model.rank[i] <= step.computed && typeof model.values[i] === "number" ? format(model.values[i]) : "";
    box.innerHTML = card.relations(index, shown, known);
  }

  /* Leaves to drag, where the page can compute the graph. */
  function whatIf() {
    if (!model.canReplay) return;
    const leaves = model.nodes.filter((node) => !node.form).slice(0, 40);
    find(".whatif").hidden = false;
    find(".leaves").innerHTML = leaves.map((node) => {
      const x = lesson.values[node.index];
      const reach = Number.isFinite(2 * x) ? Math.max(Math.abs(x) * 2, 2) : 2;
      return `<label><span>${escape(node.name)}</span><input type="range" data-leaf="${node.index}" min="${-reach}" max="${reach}" step="${reach / 100}" value="${model.values[node.index]}"><output>${escape(format(model.values[node.index]))}</output></label>`;
    }).join("");
  }

  /* To a node: to the step that computes it, or, on the way back, that completes its gradient. */
  function jumpTo(index) {
    const computed = steps.findIndex((step) => step.kind === "forward" && step.nodes.includes(index));
    let complete = -1;
    steps.forEach((step, k) => (step.kind === "backward" && step.nodes.includes(index) ? (complete = k) : 0));
    if (index === model.output) complete = steps.findIndex((step) => step.kind === "seed");
    const onTheWayBack = steps[at].events >= 0;
    const order = onTheWayBack ? [complete, computed] : [computed, complete];
    const first = order.find((k) => k >= 0 && k !== at) ?? order.find((k) => k >= 0);
    if (first !== undefined) go(first);
  }

  function keep() {
    if (!isPage || !host.isConnected) return;
    if (at || location.hash) history.replaceState(null, "", `#step=${at}`);
  }
  function asked() {
    const found = /(?:^#|&)step=(\d+)(?:&|$)/.exec(location.hash);
    return isPage && found ? Number(found[1]) : 0;
  }

  function play(on) {
    clearInterval(timer);
    timer = on ? setInterval(tick, PAUSE) : 0;
    const control = find("[data-go=play]");
    control.querySelector("path").setAttribute("d", ICONS[on ? "pause" : "play"]);
    control.title = say(on ? "pause" : "play");
    control.setAttribute("aria-label", control.title);
    find(".live").setAttribute("aria-live", on ? "off" : "polite");
  }

  function tick() {
    if (!host.isConnected || at === steps.length - 1 || hidden) return play(false);
    show(at + 1);
    if (at === steps.length - 1) play(false);
  }

  function go(where) {
    if (where === "find") return find(".find").focus();
    if (where === "play") {
      const on = !timer;
      if (on) show(at === steps.length - 1 ? 0 : at + 1);
      return play(on);
    }
    play(false);
    if (where === "next" && at === steps.length - 1 && run < runs.length - 1) return change(run + 1, 0);
    if (where === "back" && at === 0 && run > 0) return change(run - 1, steps.length - 1);
    return show(typeof where === "number" ? where : { first: 0, back: at - 1, next: at + 1, last: steps.length - 1 }[where]);
  }

  function listen() {
    for (const extra of extras) extra.listen(section);
    section.addEventListener("click", (event) => {
      const control = event.target.closest("button");
      if (!control) {
        const node = view.nodeAt(event.target);
        if (node !== null) jumpTo(node);
        return;
      }
      if (control.dataset.go) go(control.dataset.go);
      else if (control.dataset.zoom) view.zoom(control.dataset.zoom);
      else if (control.dataset.node) {
        jumpTo(Number(control.dataset.node));
        if (!root.activeElement) section.focus({ preventScroll: true }); /* the list it was in may be another */
      }
      else if (control.dataset.show) {
        shown = shown === control.dataset.show ? "" : control.dataset.show;
        relate(steps[at]);
      } else if (control.classList.contains("reveal")) reveal();
      else if (control.classList.contains("reset")) {
        model.reset();
        whatIf();
        renumbered();
      } else if (control.classList.contains("again")) {
        quiz.again();
        go("first");
        section.focus({ preventScroll: true });
      }
    });
    section.addEventListener("input", (event) => {
      const input = event.target;
      if (input.dataset.leaf) {
        model.set(Number(input.dataset.leaf), Number(input.value));
        input.nextElementSibling.textContent = format(Number(input.value));
        renumbered();
      } else if (input.classList.contains("which")) {
        play(false);
        change(Number(input.value));
      } else if (input.type === "range") {
        play(false);
        show(Number(input.value));
      }
    });
    section.addEventListener("change", (event) => {
      const input = event.target;
      if (input.classList.contains("by")) {
        const [computed, events, kind] = [steps[at].computed, steps[at].events, steps[at].kind];
        by = input.value;
        steps = model.steps(by);
        find("input[type=range]:not(.which)").max = steps.length - 1;
        const reached = steps.findIndex((step) => (kind === "backward" ? step.events >= events : step.kind === kind && step.computed >= computed));
        show(reached < 0 ? steps.length - 1 : reached);
      } else if (input.classList.contains("predict")) {
        predicting = input.checked;
        quiz.again();
        show(at);
      } else if (input.classList.contains("language")) {
        say.choose(input.value);
        build();
        find(".language").focus();
      } else if (input.classList.contains("find")) {
        const wanted = input.value.trim();
        const node = model.nodes.find((one) => one.name === wanted) || model.nodes.find((one) => wanted && one.name.startsWith(wanted));
        if (node) jumpTo(node.index);
      }
    });
    find(".ask").addEventListener("submit", (event) => {
      event.preventDefault();
      if (hidden) answer(find(".ask input").value);
    });
    section.addEventListener("keydown", (event) => {
      const where = KEYS[event.key];
      if (event.key === "Escape" && event.target.matches("input")) return section.focus();
      if (event.target.matches("input:not([type=range]):not([type=checkbox]), select")) return event.stopPropagation();
      if (!where || event.ctrlKey || event.metaKey || event.altKey) return;
      event.stopPropagation(); /* a notebook would move to another cell */
      const own = event.key === " " ? event.target.closest("button, summary, input") : event.target.matches("input[type=range]") && where !== "find";
      if (own) return;
      event.preventDefault();
      go(where);
    });
  }

  if (isPage) addEventListener("hashchange", () => asked() !== at && show(asked()));
  at = asked();
  build();
}
