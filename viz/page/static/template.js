/* The markup of a stepper, before anything is shown in it. */

const ICONS = {
  first: "M5 5h2.5v14H5zM19 5v14L9 12z",
  back: "M16 5v14L6 12z",
  play: "M7 4v16l13-8z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  next: "M8 5v14l10-7z",
  last: "M16.5 5H19v14h-2.5zM5 5v14l10-7z",
};
const BUTTONS = ["first", "back", "play", "next", "last"];

function template(say, count, model, kinds, runs) {
  const icon = (name) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[name]}"/></svg>`;
  const button = (name) => {
    const title = escape(say(name));
    return `<button type="button" data-go="${name}" aria-label="${title}" title="${title}">${icon(name)}</button>`;
  };
  const key = (line) => line.replace(/(.*?)  +(.*)/, (_, keys, does) => `<dt>${escape(keys)}</dt><dd>${escape(does)}</dd>`);
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
        <label>${escape(say("granularity"))} <select class="by">${kinds.map(option).join("")}</select></label>
        <label><input type="checkbox" class="predict"> ${escape(say("mode_predict"))}</label>
        <input type="search" class="find" placeholder="${escape(say("search"))}" aria-label="${escape(say("search"))}" list="names">
        <output class="found"></output>
        <datalist id="names">${model.nodes.slice(0, 500).map((node) => `<option value="${escape(node.whole)}">`).join("")}</datalist>
        ${languages}
      </div>
      <div class="panel">
        <div aria-live="polite" class="live">
          <p class="phase"></p>
          <div class="formula"></div>
          <form class="ask" hidden><label><span></span> <input type="text" autocomplete="off" inputmode="text" aria-describedby="enough"></label>
            <button type="submit">${escape(say("check"))}</button> <button type="button" class="reveal">${escape(say("reveal"))}</button>
            <p class="more" id="enough">${escape(say("tolerance"))}</p></form>
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
        <details class="keys"><summary>${escape(say("keys"))}</summary><dl>${say("key_list").split("\n").map(key).join("")}</dl></details>
      </div>
    </section>
    <div class="print"><slot></slot></div>`;
}
