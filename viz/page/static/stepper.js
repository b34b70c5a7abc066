/* The stepper: the timeline, its keys, and where the focus is. */

const KEYS = {
  ArrowLeft: "back", ArrowRight: "next", Enter: "next", Home: "first", End: "last",
  " ": "play", "/": "find", p: "predict", g: "coarser", "?": "keys",
};
const WRITTEN = "input:not([type=range]):not([type=checkbox]), select"; /* where keys write */
const PAUSE = 1300; /* milliseconds between two steps */

function stepper(host, css, lesson, code) {
  const say = speaking(lesson.words);
  const runs = lesson.runs.length ? lesson.runs : [{}];
  let run = 0;
  let model = computation({ ...lesson, ...runs[run] }, code[run] ?? code[0]);
  const KINDS = ["edge", "node", ...Object.keys(lesson.groups)];
  const image = host.querySelector("svg, img");
  const root = host.attachShadow({ mode: "open" });
  let by = "edge";
  let steps = model.steps(by);
  let at = 0;
  let timer = 0;
  const isWhole = Boolean(document.querySelector('meta[name="stepgrad"]')); /* the page is nothing else */
  const isPage = isWhole && /^(https?|file):$/.test(location.protocol);
  let card, view, section;
  const find = (selector) => root.querySelector(selector);
  for (const details of host.querySelectorAll("details")) details.open = true; /* they are seen in print alone */

  const extras = EXTRAS.map((extra) => extra({ say, lesson, find, model: () => model }));
  const self = {
    say, lesson, find, root, extras, show, renumbered, jumpTo, go,
    model: () => model, card: () => card, view: () => view, section: () => section, steps: () => steps, at: () => at,
  };
  const quiz = quizzing(self);
  const relations = relating(self);
  const leaves = whatIf(self);
  const search = searching(self);
  const carded = () => extras.reduce((made, extra) => extra.card(made), cards(model, say));

  function build() {
    root.innerHTML = `<style>${css}</style>${template(say, steps.length, model, KINDS, runs)}`;
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
    find(".found").textContent = "";
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

  /* To a node: to the step that computes it, or, on the way back, that completes its gradient; false where none does. */
  function jumpTo(index) {
    const computed = steps.findIndex((step) => step.kind === "forward" && step.nodes.includes(index));
    let complete = -1;
    steps.forEach((step, k) => (step.kind === "backward" && step.nodes.includes(index) ? (complete = k) : 0));
    if (index === model.output) complete = steps.findIndex((step) => step.kind === "seed");
    const onTheWayBack = steps[at].events >= 0;
    const order = onTheWayBack ? [complete, computed] : [computed, complete];
    const first = order.find((k) => k >= 0 && k !== at) ?? order.find((k) => k >= 0);
    if (first === undefined) return false;
    go(first);
    return true;
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
    timer = on ? setInterval(keeping(tick), PAUSE) : 0;
    const control = find("[data-go=play]");
    control.querySelector("path").setAttribute("d", ICONS[on ? "pause" : "play"]);
    control.title = say(on ? "pause" : "play");
    control.setAttribute("aria-label", control.title);
    find(".live").setAttribute("aria-live", on ? "off" : "polite");
  }

  function tick() {
    if (!host.isConnected || at === steps.length - 1 || quiz.isAsking()) return play(false);
    show(at + 1);
    if (root.activeElement && !root.activeElement.matches(WRITTEN)) quiz.take();
    if (at === steps.length - 1) play(false);
  }

  /* Where a button or a key leads: to a step, or to what is beside the steps. */
  function go(where) {
    const isPlaying = timer;
    play(false);
    if (where === "find") return find(".find").select();
    if (where === "keys") return find(".keys").toggleAttribute("open") && find(".keys").scrollIntoView({ block: "nearest" });
    const last = steps.length - 1;
    if (where === "play") {
      if (!isPlaying) show(at === last ? 0 : at + 1);
      play(!isPlaying && !quiz.isAsking());
    } else if (where === "predict") find(".predict").click();
    else if (where === "coarser") regroup(KINDS[(KINDS.indexOf(by) + 1) % KINDS.length]);
    else if (where === "next" && at === last && run < runs.length - 1) change(run + 1, 0);
    else if (where === "back" && at === 0 && run > 0) change(run - 1, last);
    else show(typeof where === "number" ? where : { first: 0, back: at - 1, next: at + 1, last }[where]);
    quiz.take();
  }

  /* More or less in each step: at the first that has got as far. */
  function regroup(kind) {
    const now = steps[at];
    find(".by").value = by = kind;
    steps = model.steps(by);
    find("input[type=range]:not(.which)").max = steps.length - 1;
    const reached = steps.findIndex((step) => (now.kind === "backward" ? step.events >= now.events : step.kind === now.kind && step.computed >= now.computed));
    show(reached < 0 ? steps.length - 1 : reached);
  }

  /* Whatever is done: where what had the focus is gone, hidden or barred, the whole has it, and its keys work on. */
  const keeping = (action) => (event) => {
    const had = root.activeElement;
    action(event);
    const has = root.activeElement;
    if (had && (!has || has.disabled || !has.getClientRects().length)) section.focus({ preventScroll: true });
  };

  function clicked({ target }) {
    const control = target.closest("button");
    const node = control ? control.dataset.node : view.nodeAt(target);
    if (node !== undefined && node !== null) return jumpTo(Number(node));
    if (!control) return;
    const { go: where, zoom, show: which } = control.dataset;
    if (where) go(where);
    else if (zoom) view.zoom(zoom);
    else if (which) relations.toggle(which, steps[at]);
    else if (control.classList.contains("reveal")) quiz.reveal();
    else if (control.classList.contains("reset")) leaves.reset();
    else if (control.classList.contains("again")) {
      quiz.again();
      go("first");
    }
  }

  function moved({ target: input }) {
    if (input.dataset.leaf || input.dataset.exact) return leaves.set(input);
    if (input.type !== "range") return;
    play(false);
    if (input.classList.contains("which")) change(Number(input.value));
    else show(Number(input.value));
  }

  function chosen({ target: input }) {
    if (input.classList.contains("by")) regroup(input.value);
    else if (input.classList.contains("predict")) quiz.turn(input.checked);
    else if (input.classList.contains("find")) search(input.value, false);
    else if (input.classList.contains("language")) {
      say.choose(input.value);
      build();
      find(".language").focus();
    }
  }

  function pressed(event) {
    const { key, target } = event;
    const where = KEYS[key];
    if (key === "Escape" && target.matches("input")) return section.focus();
    if (key === "Enter" && target.matches(".find")) {
      event.preventDefault();
      if (search(target.value, true) && !quiz.isAsking()) section.focus({ preventScroll: true });
    }
    const isFree = target.matches(".ask input") && !target.value && /^Arrow|Home|End/.test(key); /* they move in a text */
    if (target.matches(WRITTEN) && !isFree) return event.stopPropagation();
    if (!where || event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && key.length > 1)) return;
    event.stopPropagation(); /* a notebook would move to another cell */
    const pressing = key === " " || key === "Enter";
    if (pressing ? target.closest("button, summary, input") : key.length > 1 && target.matches("[type=range]")) return;
    event.preventDefault();
    go(where);
  }

  function listen() {
    for (const extra of extras) extra.listen(section);
    const hear = { click: clicked, input: moved, change: chosen, keydown: pressed };
    for (const [kind, action] of Object.entries(hear)) section.addEventListener(kind, keeping(action));
    find(".ask").addEventListener("submit", keeping((event) => {
      event.preventDefault();
      quiz.answer();
    }));
  }

  if (isPage) addEventListener("hashchange", keeping(() => asked() !== at && show(asked())));
  if (isWhole) document.addEventListener("keydown", keeping((event) => event.target.contains(document.body) && pressed(event)));
  at = asked();
  build();
}
