// Compares the collection with the interface's description: an operation that no request walks is named, and fails the run.
// usage: node postman/covered.mjs [OPENAPI.json]        (default: openapi/berth.json)
import { readFileSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const api = read(process.argv[2] ?? new URL('../openapi/berth.json', here));
const collection = read(new URL('berth.postman_collection.json', here));

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
const operations = Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ method, path, responses: Object.keys(item[method].responses) })));

const requests = (items) => items.flatMap((item) => (item.item ? requests(item.item) : [item]));

// A request that is meant to be refused walks nothing. A WebSocket's operation is walked when plain HTTP is refused.
const expects = ({ event = [] }) => {
    const tests = event.filter(({ listen }) => listen === 'test').flatMap(({ script }) => script.exec).join('\n');
    return Number(/have\.status\((\d+)\)/.exec(tests)?.[1]);
};
const good = (status, { responses }) => (responses.includes('101') ? status === 426 : status >= 200 && status < 300);

// `/allocations/quota` is not `/allocations/{id}`: the path with the fewest parameters is the one that answers.
const answering = ({ request }) => {
    const { host, path } = request.url;
    if (host[0] !== '{{base_url}}') return undefined;
    const fits = (known) => known.length === path.length && known.every((part, at) => part.startsWith('{') || part === path[at]);
    return operations
        .filter((operation) => operation.method === request.method.toLowerCase() && fits(operation.path.slice(1).split('/')))
        .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0];
};

const walked = new Set();
for (const item of requests(collection.item)) {
    const operation = answering(item);
    if (operation && good(expects(item), operation)) walked.add(operation);
}
const missing = operations.filter((operation) => !walked.has(operation));
for (const { method, path } of missing) console.error(`no request walks ${method.toUpperCase()} ${path}`);
console.log(`collection: ${walked.size} of ${operations.length} operations walked`);
process.exitCode = missing.length ? 1 : 0;
