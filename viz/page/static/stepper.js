/* The stepper: the timeline and its keys. */

const KEYS = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last", " ": "play", "/": "find" };
const PAUSE = 1300; /* milliseconds between two steps */

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
  const isPage = /^(https?|file):$/.test(location.protocol) && Boolean(document.querySelector('meta[name="stepgrad"]'));
  let card, view, section;
  const find = (selector) => root.querySelector(selector);
  for (const details of host.querySelectorAll("details")) details.open = true; /* they are seen in print alone */

  const extras = EXTRAS.map((extra) => extra({ say, lesson, find, model: () => model }));
  const self = {
    say, lesson, find, root, extras, show, renumbered,
    model: () => model, card: () => card, view: () => view, section: () => section, steps: () => steps, at: () => at,
  };
  const quiz = quizzing(self);
  const relations = relating(self);
  const leaves = whatIf(self);
  const carded = () => extras.reduce((made, extra) => extra.card(made), cards(model, say));

  function build() {
    root.innerHTML = `<style>${css}</style>${template(say, steps.length, model, groups, runs)}`;
    section = find("section");
    card = carded();
    const frame = find(".picture");
    view = pictured(lesson.around ? around(lesson, say, model, frame) : standing(image, frame, find(".map"), say), frame, model, say);
    find(".by").value = by;
    find(".predict").checked = quiz.isOn();
    listen();
    view.runs(model, lesson.differing);
    tell();
    view.first();
    leaves.build();
    show(at);
  }

  function show(index, jump = true) {
    at = Math.max(0, Math.min(steps.length - 1, index));
    const hidden = quiz.question(steps[at]);
    const step = hidden ? hidden.part : steps[at]; /* of several numbers, one is asked for after the other */
    const known = model.gradients(step.events);
    const before = model.gradients(step.kind === "backward" ? step.first : step.events);
    view.show(step, known, (node, field) => hidden && hidden.node === node && hidden.field === field, (index) => model.held(index, steps, at));
    view.light(step, before, hidden);
    if (jump) view.reveal(step.nodes.length || !steps[1] ? step.nodes : steps[1].nodes); /* at the start, what comes first */
    section.dataset.kind = step.kind;
    find(".phase").textContent = phase(step);
    find(".formula").innerHTML = hidden ? "" : card.formula(step, before, known);
    quiz.ask(step, before, known);
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
    relations.relate(step);
    keep();
  }

  /* Another iteration, or the other of two runs: the same step, with its numbers. */
  function change(to, where = at) {
    run = Math.max(0, Math.min(runs.length - 1, to));
    model = computation({ ...lesson, ...runs[run] }, code[run] ?? code[0]);
    card = carded();
    quiz.renew();
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

  /* Other numbers: the same step, and other questions. */
  function renumbered() {
    quiz.again();
    show(at, false);
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
    if (!host.isConnected || at === steps.length - 1 || quiz.isAsking()) return play(false);
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
      } else if (control.dataset.show) relations.toggle(control.dataset.show, steps[at]);
      else if (control.classList.contains("reveal")) quiz.reveal();
      else if (control.classList.contains("reset")) leaves.reset();
      else if (control.classList.contains("again")) {
        quiz.again();
        go("first");
        section.focus({ preventScroll: true });
      }
    });
    section.addEventListener("input", (event) => {
      const input = event.target;
      if (input.dataset.leaf) leaves.drag(input);
      else if (input.classList.contains("which")) {
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
      } else if (input.classList.contains("predict")) quiz.turn(input.checked);
      else if (input.classList.contains("language")) {
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
      quiz.answer();
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
