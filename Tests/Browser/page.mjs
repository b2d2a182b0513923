// Opens the page in a Chromium that is told by its debugging protocol, and looks at what it shows.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const [page, profile] = process.argv.slice(2);
const browser = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`,
  '--remote-debugging-pipe', 'about:blank'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
const [commands, answers] = [browser.stdio[3], browser.stdio[4]];
process.on('exit', () => browser.kill('SIGKILL'));
browser.on('error', (error) => { console.error(`chromium: ${error.message}`); process.exit(1); });
const waiting = new Map();
const problems = [];
let count = 0;
let rest = '';
answers.setEncoding('utf8');
answers.on('data', (chunk) => {
  const messages = (rest + chunk).split('\0');
  rest = messages.pop();
  for (const text of messages) take(JSON.parse(text));
});
function take(message) {
  if (message.id) {
    const { resolve, reject } = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) reject(new Error(message.error.message)); else resolve(message.result);
  } else if (message.method === 'Runtime.exceptionThrown') {
    problems.push(message.params.exceptionDetails.text);
  } else if (message.method === 'Log.entryAdded' && message.params.entry.level === 'error') {
    problems.push(`${message.params.entry.text} ${message.params.entry.url ?? ''}`);
  }
}
function call(method, params = {}, sessionId = undefined) {
  const id = ++count;
  commands.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}
const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
const tab = (method, params) => call(method, params, sessionId);
await tab('Runtime.enable');
await tab('Log.enable');
await tab('Page.enable');

async function ask(expression) {
  const { result, exceptionDetails } = await tab('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
}
async function until(what, expression, seconds) {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    const value = await ask(expression);
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: not within ${seconds} s; the page says: ${await ask('document.body.innerText')}`);
}

problems.length = 0;
for (let tries = 0; ; tries++) {
  await tab('Page.navigate', { url: page });
  await new Promise((resolve) => setTimeout(resolve, 500));
  if (await ask('!!document.getElementById("faces")')) break;
  if (tries > 60) throw new Error(`${page} does not answer`);
}
problems.length = 0;
const emotion = await until('a face', 'document.querySelector(".face h3")?.textContent', 20);
console.log(`✔ the page shows the demo's face: ${emotion}`);
await until('a picture', 'document.getElementById("picture").naturalWidth > 0 && !document.getElementById("picture").hidden', 10);
console.log('✔ and its picture');

// What the page shows after each change of the demo's emotion, which a reader of its own hears of.
const took = await ask(`(async () => {
  const rest = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const events = new EventSource('events');
  const changes = [];
  const isShown = (event) => document.querySelector('#face-' + event.face + ' h3')?.textContent.startsWith(event.emotion + ' ');
  events.onmessage = async (message) => {
    const event = JSON.parse(message.data);
    if (event.event !== 'changed') return;
    const start = performance.now();
    while (!isShown(event) && performance.now() - start < 5000) await rest(5);
    changes.push(performance.now() - start);
  };
  for (let wait = 0; changes.length < 3 && wait < 600; wait++) await rest(100);
  events.close();
  return changes;
})()`);
if (took.length < 3) throw new Error(`the demo's face changed only ${took.length} times in a minute`);
if (Math.max(...took) > 1000) throw new Error(`changes were shown after ${took.map(Math.round)} ms`);
console.log(`✔ changes are shown after ${took.map((time) => Math.round(time)).join(', ')} ms`);

// What is not said in words is said to screen readers.
const unnamed = await ask(`[...document.querySelectorAll('svg:not([aria-hidden]), img, [role=meter], section, article, nav')]
  .filter((element) => !(element.getAttribute('alt') || element.getAttribute('aria-label') ||
    document.getElementById(element.getAttribute('aria-labelledby'))?.textContent)).map((element) => element.outerHTML.slice(0, 80))`);
if (unnamed.length) throw new Error(`no name for screen readers: ${unnamed.join('; ')}`);
const wide = await (async () => {
  await tab('Emulation.setDeviceMetricsOverride', { width: 360, height: 800, deviceScaleFactor: 1, mobile: true });
  return ask('document.documentElement.scrollWidth');
})();
if (wide > 360) throw new Error(`a phone of 360 pixels has to be scrolled aside: ${wide}`);
console.log('✔ everything has a name, and fits a phone');

const folder = process.env.PICTURES;
if (folder) {
  const scenes = {
    one: 'state',
    // Three faces of one: each lags behind the last in what it shows.
    several: `{ ...state, faces: state.faces.flatMap((face) => [0, 2, 5].map((turn) => {
      const names = state.labels;
      const emotion = names[(names.indexOf(face.emotion) + turn) % 7];
      return { ...face, face: face.face + 100 * turn, emotion, unsure: turn === 2 || undefined,
        emotions: Object.fromEntries(names.map((name, index) => [names[(index + turn) % 7], face.emotions[name]])) };
    })) }`,
    none: '{ ...state, faces: [], hint: "the picture is too dark (mean grey level 9 of 255): more light is needed" }',
    lost: '{ ...state, faces: [], trouble: "the source is lost, waiting for it to come back" }',
  };
  for (const [scene, faces] of Object.entries(scenes)) {
    await ask(`(() => {
      window.realFetch ??= window.fetch;
      window.fetch = async (...words) => {
        const answer = await window.realFetch(...words);
        const state = await answer.json();
        return { ok: true, json: async () => (${faces}) };
      };
    })()`);
    await new Promise((resolve) => setTimeout(resolve, ['one', 'several'].includes(scene) ? 25000 : 1500));
    for (const scheme of ['light', 'dark']) {
      for (const [name, width, height] of [['wide', 1280, 1100], ['phone', 390, 1500]]) {
        await tab('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
        await tab('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 });
        await new Promise((resolve) => setTimeout(resolve, 700));
        const { data } = await tab('Page.captureScreenshot', { format: 'png' });
        writeFileSync(`${folder}/page-${scene}-${scheme}-${name}.png`, Buffer.from(data, 'base64'));
      }
    }
  }
}
if (problems.length) throw new Error(`the browser complains: ${problems.join('; ')}`);
console.log('✔ the browser complains of nothing');
process.exit(0);
