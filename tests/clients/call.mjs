// Makes the call that is on standard input, by `fetch`; prints the status and the text of its answer.
import { text } from "node:stream/consumers";

const { url, ...call } = JSON.parse(await text(process.stdin));
const answer = await fetch(url, { ...call, signal: AbortSignal.timeout(60_000) });
console.log(JSON.stringify([answer.status, await answer.text()]));
