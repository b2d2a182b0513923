// Follows the events of a raut that runs with --http, without any package:
//     raut run --http 8080 &
//     node docs/examples/watch.mjs http://localhost:8080
const base = process.argv[2] ?? 'http://localhost:8080';
const answer = await fetch(`${base}/events`);
if (!answer.ok) throw new Error(`${base}: ${answer.status} ${await answer.text()}`);
let rest = '';
for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
  const blocks = (rest + chunk).split('\n\n');
  rest = blocks.pop();
  for (const block of blocks) {
    const data = block.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6)).join('\n');
    if (!data) continue;
    const event = JSON.parse(data);
    if (event.emotion) console.log(`face ${event.face}: ${event.emotion} ${Math.round(event.confidence * 100)} %`);
  }
}
