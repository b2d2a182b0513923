// Faces now, from /state; what happens to them, from /events, which say when to ask again.
'use strict';

const minutes = 3;
const span = minutes * 60000;
const pause = 500;
const chart = { width: 300, lane: 14, most: 12 };
const known = new Map();
const byId = (id) => document.getElementById(id);
const svgNames = 'http://www.w3.org/2000/svg';
let labels = [];
let isAsking = false;
let asksAgain = false;
let last = null;
let firstSilence = null;

// A mouth, and brows where they tell: so that an emotion is seen without its colour, too.
const glyphs = {
  angry: 'M7 8l3 1.5M17 8l-3 1.5M9 11v.5M15 11v.5M8 17q4-3 8 0',
  disgust: 'M8.5 9.5l2 1M15.5 9.5l-2 1M8 16q2-2 4 0t4-1M10 18.5h3',
  fear: 'M7 8.5l3-1.5M17 8.5l-3-1.5M9 11v.5M15 11v.5M8 17l2-1.5 2 1.5 2-1.5 2 1.5',
  happy: 'M8.5 9v1M15.5 9v1M7.5 14q4.5 4.5 9 0',
  sad: 'M8.5 10v1M15.5 10v1M7 8l2.5-1M17 8l-2.5-1M8 17.5q4-4 8 0',
  surprise: 'M7.5 7q1-1 2 0M14.5 7q1-1 2 0M8.5 10v.5M15.5 10v.5M12 13.5a2 2.3 0 1 0 .01 0',
  neutral: 'M8.5 9.5v1M15.5 9.5v1M8 16h8',
};

function make(name, className, ...content) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

function draw(name, attributes) {
  const element = document.createElementNS(svgNames, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function percent(value) { return Math.round(value * 100) + '\u00a0%'; }

function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return seconds + '\u00a0s';
  const whole = Math.floor(seconds / 60);
  return whole < 60 ? whole + ' min ' + (seconds % 60) + ' s' : Math.floor(whole / 60) + ' h ' + (whole % 60) + ' min';
}

function card(number) {
  const box = make('article', 'face');
  box.id = 'face-' + number;
  const glyph = draw('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' });
  glyph.append(draw('circle', { cx: 12, cy: 12, r: 10 }), draw('path', {}));
  const title = make('h3');
  title.id = box.id + '-title';
  box.setAttribute('aria-labelledby', title.id);
  box.append(make('header', '', glyph, make('div', '', title, make('p'))));
  const bars = make('div', 'bars');
  for (const name of labels) {
    const row = make('div', 'bar ' + name, make('b', '', name), make('i', '', make('u')), make('span'));
    row.setAttribute('role', 'meter');
    row.setAttribute('aria-label', name);
    row.setAttribute('aria-valuemin', '0');
    row.setAttribute('aria-valuemax', '100');
    bars.append(row);
  }
  const lanes = draw('svg', {
    viewBox: '0 0 ' + chart.width + ' ' + chart.lane * labels.length, preserveAspectRatio: 'none', role: 'img',
  });
  const names = make('div', 'names', ...labels.map((name) => make('span', '', name)));
  names.setAttribute('aria-hidden', 'true');
  const caption = make('figcaption', '', make('span', '', minutes + ' min ago'), make('span'), make('span', '', 'now'));
  box.append(make('div', 'parts', bars, make('figure', '', names, lanes, caption)));
  const face = { number, box, lanes, points: [], since: Date.now(), pointed: null };
  lanes.addEventListener('pointermove', (event) => {
    const area = lanes.getBoundingClientRect();
    face.pointed = Math.min(1, Math.max(0, (event.clientX - area.left) / area.width));
    plot(face);
  });
  lanes.addEventListener('pointerleave', () => { face.pointed = null; plot(face); });
  byId('faces').append(box);
  return face;
}

/** The last minutes: a lane for each emotion, as high as it was likely. */
function plot(face) {
  const now = Date.now();
  const points = face.points;
  const newest = points[points.length - 1];
  const x = (time) => (chart.width * (1 - (now - time) / span)).toFixed(1);
  const parts = labels.map((name, lane) => {
    const floor = chart.lane * (lane + 1) - 1;
    const area = points.map((point) => 'L' + x(point.time) + ' ' + (floor - chart.most * point.emotions[name]).toFixed(1)).join('');
    const group = draw('g', { class: name });
    group.append(
      draw('line', { x1: 0, x2: chart.width, y1: floor, y2: floor, class: 'floor' }),
      draw('path', { d: 'M' + x(points[0].time) + ' ' + floor + area + 'L' + x(newest.time) + ' ' + floor + 'Z', class: 'area' }));
    return group;
  });
  let words = '';
  if (face.pointed !== null) {
    const time = now - span * (1 - face.pointed);
    const nearest = points.reduce((best, point) => Math.abs(point.time - time) < Math.abs(best.time - time) ? point : best);
    const place = x(nearest.time);
    parts.push(draw('line', { x1: place, x2: place, y1: 0, y2: chart.lane * labels.length, class: 'cross' }));
    words = new Date(nearest.time).toLocaleTimeString() + ': ' + nearest.emotion + ' ' + percent(nearest.emotions[nearest.emotion]);
  }
  face.lanes.replaceChildren(...parts);
  face.box.querySelectorAll('figcaption span')[1].textContent = words;
  const shares = labels
    .map((name) => ({ name, share: points.filter((point) => point.emotion === name).length / points.length }))
    .filter((entry) => entry.share > 0.005).sort((first, second) => second.share - first.share);
  face.lanes.setAttribute('aria-label', 'What face ' + face.number + ' showed in the last ' + minutes + ' minutes: ' +
    shares.map((entry) => entry.name + ' ' + percent(entry.share)).join(', '));
}

function update(face, seen, now) {
  const glyph = face.box.querySelector('header svg');
  glyph.setAttribute('class', 'glyph toned ' + seen.emotion);
  glyph.lastChild.setAttribute('d', glyphs[seen.emotion] || glyphs.neutral);
  face.box.querySelector('h3').replaceChildren(
    seen.emotion + ' ', make('span', '', percent(seen.confidence) + (seen.unsure ? ', unsure' : '')));
  face.box.querySelector('header p').textContent = 'face ' + face.number + ', in view for ' + duration(now - face.since);
  for (const row of face.box.querySelectorAll('.bar')) {
    const name = row.getAttribute('aria-label');
    const value = percent(seen.emotions[name]);
    row.classList.toggle('top', name === seen.emotion);
    row.querySelector('u').style.width = (100 * seen.emotions[name]).toFixed(1) + '%';
    row.querySelector('span').textContent = value;
    row.setAttribute('aria-valuenow', String(Math.round(seen.emotions[name] * 100)));
    row.setAttribute('aria-valuetext', value);
  }
  face.points.push({ time: now, emotion: seen.emotion, emotions: seen.emotions });
  while (now - face.points[0].time > span) face.points.shift();
  plot(face);
}

/** Adds a line to what changed. */
function note(words, time = new Date()) {
  const stamp = make('time', '', time.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }));
  stamp.dateTime = time.toISOString();
  byId('changes').prepend(make('li', '', stamp, make('span', '', words)));
  byId('quiet').hidden = true;
  while (byId('changes').children.length > 40) byId('changes').lastChild.remove();
}

function show(state) {
  const now = Date.now();
  labels = state.labels;
  const size = state.width > 0 ? ', ' + state.width + '×' + state.height : '';
  byId('source').textContent = (state.source || 'waiting for a source') + size;
  byId('program').textContent = state.program + (state.model ? ', model ' + state.model : '');
  tellHealth(state.trouble ? 'bad' : 'good', state.trouble ? 'not well' : 'live', state.trouble);
  if (state.picture && byId('picture').hidden) {
    byId('picture').src = state.picture;
    byId('picture').hidden = false;
  } else if (!state.picture) {
    byId('picture').hidden = true;
  }
  const count = state.faces.length;
  byId('count').textContent = count === 0 ? 'Faces' : count === 1 ? '1 face in view' : count + ' faces in view';
  document.title = (count === 0 ? '' : count === 1 ? state.faces[0].emotion + ' · ' : count + ' faces · ') + 'Raut';
  byId('empty').hidden = count > 0;
  byId('hint').textContent = state.hint || '';
  for (const seen of state.faces) {
    let face = known.get(seen.face);
    if (!face) {
      face = card(seen.face);
      known.set(seen.face, face);
      note('face ' + seen.face + ' came: ' + seen.emotion);
    } else if (face.emotion !== seen.emotion) {
      note('face ' + seen.face + ': ' + seen.emotion + ', ' + percent(seen.confidence));
    }
    face.emotion = seen.emotion;
    update(face, seen, now);
  }
  const inView = new Set(state.faces.map((seen) => seen.face));
  for (const [number, face] of known) {
    if (inView.has(number)) continue;
    note('face ' + number + ' left after ' + duration(now - face.since));
    face.box.remove();
    known.delete(number);
  }
  if (last && now > last.now && state.frames.worked >= last.worked) {
    const rate = (state.frames.worked - last.worked) * 1000 / (now - last.now);
    byId('rate').replaceChildren(rate.toFixed(1) + ' ', make('small', '', 'frames/s'));
  }
  if (!last || now - last.now > 1900 || state.frames.worked < last.worked) last = { now, worked: state.frames.worked };
  byId('latency').replaceChildren(state.latency_ms.toFixed(1) + ' ', make('small', '', 'ms'));
  const dropped = state.frames.taken > 0 ? state.frames.dropped / state.frames.taken : 0;
  byId('dropped').replaceChildren((dropped * 100).toFixed(dropped > 0 && dropped < 0.1 ? 1 : 0) + ' ', make('small', '', '% of frames'));
  byId('memory').replaceChildren((state.memory_bytes / 1e6).toFixed(0) + ' ', make('small', '', 'MB'));
}

function tellHealth(kind, word, trouble) {
  const pill = byId('health');
  pill.className = 'health ' + kind;
  if (pill.lastChild.textContent !== word) pill.lastChild.textContent = word;
  const banner = byId('trouble');
  banner.hidden = !trouble;
  if (trouble && banner.textContent !== trouble) banner.textContent = trouble;
  document.body.classList.toggle('stale', word === 'no answer');
}

async function ask() {
  if (isAsking) { asksAgain = true; return; }
  isAsking = true;
  try {
    const answer = await fetch('state', { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error((await answer.text()).trim());
    show(await answer.json());
    firstSilence = null;
  } catch (error) {
    firstSilence = firstSilence || new Date();
    tellHealth('bad', 'no answer', 'No answer from raut since ' + firstSilence.toLocaleTimeString() + ': ' + error.message);
  } finally {
    isAsking = false;
    if (asksAgain) { asksAgain = false; ask(); }
  }
}

function take(event) {
  if (['appeared', 'changed', 'left'].includes(event.event)) ask();
  if (event.event === 'source') { note('source ' + event.state + ': ' + event.reason, new Date(event.time)); ask(); }
  if (event.event === 'dropped') note(event.count + ' events were not sent to this page');
}

const events = new EventSource('events');
events.onmessage = (message) => { try { take(JSON.parse(message.data)); } catch (error) { console.error(error); } };
byId('picture').addEventListener('error', () => {
  // The server began anew, or serves none any more: the next state says which.
  setTimeout(() => { byId('picture').hidden = true; }, 2000);
});
setInterval(() => { if (!document.hidden) ask(); }, pause);
document.addEventListener('visibilitychange', () => { if (!document.hidden) ask(); });
ask();
