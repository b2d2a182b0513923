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
const emotion = await until('a face', 'document.querySelector(".face .emotion")?.textContent', 20);
console.log(`✔ the page shows the demo's face: ${emotion}`);
await until('a picture', 'document.getElementById("picture").naturalWidth > 0 && !document.getElementById("picture").hidden', 10);
console.log('✔ and its picture');

// A change of state must be seen within a second: the page's own reader of events is told of one, and the state that it
// asks for then is another.
const took = await ask(`(async () => {
  const real = window.fetch;
  const names = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'];
  const before = document.querySelector('.face .emotion').textContent.split(' ')[0];
  const other = before === 'sad' ? 'angry' : 'sad';
  window.fetch = async (...words) => {
    const answer = await real(...words);
    const state = await answer.json();
    for (const face of state.faces) {
      face.emotion = other;
      for (const name of names) face.emotions[name] = name === other ? 0.9 : 0.1 / 6;
      face.confidence = 0.9;
    }
    return { ok: true, json: async () => state };
  };
  const start = performance.now();
  while (performance.now() - start < 3000) {
    if (document.querySelector('.face .emotion')?.textContent.startsWith(other)) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  window.fetch = real;
  return performance.now() - start;
})()`);
if (took > 1000) throw new Error(`a change was shown after ${took} ms`);
console.log(`✔ a change is shown after ${Math.round(took)} ms`);

const folder = process.env.PICTURES;
if (folder) {
  await new Promise((resolve) => setTimeout(resolve, 8000));
  for (const scheme of ['light', 'dark']) {
    for (const [name, width, height] of [['wide', 1200, 1000], ['phone', 390, 1100]]) {
      await tab('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
      await tab('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 500 });
      await new Promise((resolve) => setTimeout(resolve, 600));
      const { data } = await tab('Page.captureScreenshot', { format: 'png' });
      writeFileSync(`${folder}/page-${scheme}-${name}.png`, Buffer.from(data, 'base64'));
    }
  }
}
if (problems.length) throw new Error(`the browser complains: ${problems.join('; ')}`);
console.log('✔ the browser complains of nothing');
process.exit(0);
