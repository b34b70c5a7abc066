/* Numbers and formulas as people write them: the same texts as in Python. */

const MINUS = "−";
const LEVEL = { negative: 5, product: 4, atom: 7, name: 1 }; /* how tightly it binds, as in the forms */

/* Four significant digits, no trailing zeros; a tie goes to the even digit, as Python rounds. */
function format(x, digits = 4) {
  if (x === true || x === false) return x ? "True" : "False";
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x < 0 ? MINUS + "∞" : "∞";
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x || 0).replace("-", MINUS);
  const [mantissa, power] = Math.abs(x).toExponential(60).split("e");
  const all = mantissa.replace(".", "");
  let exponent = Number(power);
  let kept = BigInt(all.slice(0, digits));
  const rest = all.slice(digits);
  const half = "5".padEnd(rest.length, "0");
  if (rest > half || (rest === half && kept % 2n === 1n)) kept += 1n;
  let text = String(kept);
  if (text.length > digits) {
    text = text.slice(0, digits);
    exponent += 1;
  }
  const sign = x < 0 ? MINUS : "";
  if (exponent < -4 || exponent >= digits) {
    const fraction = text.slice(1).replace(/0+$/, "");
    const e = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${text[0]}${fraction && "." + fraction}e${exponent < 0 ? MINUS : "+"}${e}`;
  }
  if (exponent < 0) text = "0".repeat(-exponent) + text;
  const whole = Math.max(exponent, 0) + 1;
  const fraction = text.slice(whole).replace(/0+$/, "");
  return `${sign}${text.slice(0, whole)}${fraction && "." + fraction}`;
}

/* A number that goes into a formula, as it was written if that is short: 1.0001 is not 1. */
function asWritten(x) {
  const short = format(x);
  if (typeof x !== "number" || !Number.isFinite(x) || Number.isInteger(x)) return short;
  const whole = (Math.abs(x) < 1e-4 ? x.toExponential() : String(x)).replace(/e-(\d)$/, "e-0$1");
  return whole.length <= 7 || /^−?\d+$/.test(short) ? whole.replace(/-/g, MINUS) : short;
}

const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const mo = (sign) => `<mo>${sign}</mo>`;
const row = (...parts) => `<mrow>${parts.join("")}</mrow>`;
const fenced = (math) => row('<mo fence="true">(</mo>', math, '<mo fence="true">)</mo>');
const math = (content) => `<math>${content}</math>`;
const fraction = (above, below) => `<mfrac>${row(above)}${row(below)}</mfrac>`;

/* What stands in a place: MathML, how tightly it binds, and whether it begins with a minus. */
function ofNumber(x, text = format(x)) {
  const [digits, power] = text.split("e");
  const minus = digits.startsWith(MINUS);
  let inner = `<mn>${digits.replace(MINUS, "")}</mn>`;
  if (power !== undefined) {
    const exponent = power.replace(/^\+?(−?)0*/, "$1");
    inner += `${mo("·")}<msup><mn>10</mn><mn>${exponent}</mn></msup>`;
  }
  const level = power !== undefined ? LEVEL.product : minus ? LEVEL.negative : LEVEL.atom;
  return { math: minus ? row(mo(MINUS), inner) : row(inner), level, minus };
}

/* The MathML of a form, with what stands in its places. */
function fill(form, operand) {
  return form.replace(/<mi[^>]*>([\ue000-\uf8ff])<\/mi>/g, (_, place) => {
    const code = place.charCodeAt(0) - 0xe000;
    const [which, level, follows] = [code >> 4, (code >> 1) & 7, code & 1];
    const part = operand(which);
    const loose = level && (part.level < level || (part.minus && follows));
    return loose ? fenced(part.math) : part.math;
  });
}

/* A product of numbers, the second in parentheses where it is negative. */
function product(x, y) {
  const second = ofNumber(y);
  return row(ofNumber(x).math, mo("·"), second.level < LEVEL.atom ? fenced(second.math) : second.math);
}

function sum(x, y) {
  const second = ofNumber(y);
  return row(ofNumber(x).math, mo("+"), second.minus ? fenced(second.math) : second.math);
}
