// Faces now, from /state, and what changes, from /events.
'use strict';

const minutes = 3;
const pause = 500;
const history = new Map();
const byId = (id) => document.getElementById(id);
let labels = [];
let asked = false;
let last = null;

function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function percent(value) { return Math.round(value * 100) + ' %'; }

function card(face) {
  const box = make('article', 'face');
  box.id = 'face-' + face.face;
  box.append(make('h3', '', 'face ' + face.face));
  box.append(make('p', 'emotion'));
  for (const name of labels) {
    const row = make('div', 'bar ' + name);
    const track = make('i');
    track.append(make('u'));
    row.append(make('b', '', name), track, make('span'));
    box.append(row);
  }
  const figure = make('figure');
  const chart = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  chart.setAttribute('viewBox', '0 0 300 64');
  chart.setAttribute('preserveAspectRatio', 'none');
  chart.setAttribute('role', 'img');
  figure.append(chart, make('figcaption', '', 'the last ' + minutes + ' minutes'));
  box.append(figure);
  byId('faces').append(box);
  return box;
}

function draw(chart, points, now, face) {
  const x = (time) => 300 * (1 - (now - time) / (minutes * 60000));
  chart.replaceChildren();
  const seen = new Map();
  for (const name of labels) {
    const values = points.map((point) => point.emotions[name]);
    seen.set(name, Math.max(...values));
  }
  for (const name of labels) {
    if (seen.get(name) < 0.15) continue;
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    line.setAttribute('points', points.map((point) => x(point.time).toFixed(1) + ',' +
      (60 - 56 * point.emotions[name]).toFixed(1)).join(' '));
    line.setAttribute('fill', 'none');
    line.setAttribute('stroke', 'currentColor');
    line.setAttribute('stroke-width', name === face.emotion ? '2.5' : '1.2');
    line.setAttribute('vector-effect', 'non-scaling-stroke');
    line.setAttribute('class', name);
    chart.append(line);
  }
  chart.setAttribute('aria-label', 'emotions of face ' + face.face + ' over the last ' + minutes +
    ' minutes; now ' + face.emotion + ', ' + percent(face.confidence));
}

function show(state) {
  const now = Date.now();
  labels = state.labels;
  byId('source').textContent = state.source + ', ' + state.width + '×' + state.height + ', model ' + state.model;
  byId('trouble').hidden = !state.trouble;
  byId('trouble').textContent = state.trouble || '';
  if (state.picture && byId('picture').hidden) {
    byId('picture').src = 'stream.mjpg';
    byId('picture').hidden = false;
  }
  byId('empty').hidden = state.faces.length > 0;
  for (const face of state.faces) {
    const box = byId('face-' + face.face) || card(face);
    const title = box.querySelector('.emotion');
    title.className = 'emotion ' + face.emotion;
    title.replaceChildren(face.emotion + ' ', make('span', '', percent(face.confidence)));
    box.querySelectorAll('.bar').forEach((row, index) => {
      const value = face.emotions[labels[index]];
      row.querySelector('u').style.width = percent(value).replace(' ', '');
      row.querySelector('span').textContent = percent(value);
    });
    const points = history.get(face.face) || [];
    points.push({ time: now, emotions: face.emotions });
    while (points.length && now - points[0].time > minutes * 60000) points.shift();
    history.set(face.face, points);
    draw(box.querySelector('svg'), points, now, face);
  }
  const inView = new Set(state.faces.map((face) => 'face-' + face.face));
  for (const box of byId('faces').querySelectorAll('.face')) {
    if (inView.has(box.id)) continue;
    history.delete(Number(box.id.slice(5)));
    box.remove();
  }
  if (last && now > last.now) {
    const rate = (state.frames.worked - last.worked) * 1000 / (now - last.now);
    if (rate >= 0) byId('rate').textContent = rate.toFixed(1) + ' frames/s';
  }
  if (!last || now - last.now > 1900) last = { now, worked: state.frames.worked };
  byId('latency').textContent = state.latency_ms.toFixed(1) + ' ms';
  byId('dropped').textContent = state.frames.dropped + ' of ' + state.frames.taken;
  byId('memory').textContent = (state.memory_bytes / 1e6).toFixed(0) + ' MB';
}

async function ask() {
  if (asked) return;
  asked = true;
  try {
    const answer = await fetch('state', { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(await answer.text());
    show(await answer.json());
  } catch (error) {
    byId('trouble').hidden = false;
    byId('trouble').textContent = 'no answer from raut: ' + error.message;
  } finally {
    asked = false;
  }
}

function tell(event) {
  const words = {
    appeared: () => 'face ' + event.face + ' came: ' + event.emotion,
    changed: () => 'face ' + event.face + ': ' + event.emotion + ' ' + percent(event.confidence),
    left: () => 'face ' + event.face + ' left after ' + event.seconds.toFixed(1) + ' s, mostly ' + event.dominant,
    source: () => 'source ' + event.state + ': ' + event.reason,
    dropped: () => event.count + ' events were not sent to this page',
  }[event.event];
  if (!words) return;
  const item = make('li');
  const time = event.time ? new Date(event.time) : new Date();
  const stamp = make('time', '', time.toLocaleTimeString());
  stamp.dateTime = time.toISOString();
  item.append(stamp, words());
  byId('changes').prepend(item);
  while (byId('changes').children.length > 30) byId('changes').lastChild.remove();
  ask();
}

const events = new EventSource('events');
events.onmessage = (message) => { try { tell(JSON.parse(message.data)); } catch (error) { console.error(error); } };
setInterval(() => { if (!document.hidden) ask(); }, pause);
document.addEventListener('visibilitychange', ask);
ask();
