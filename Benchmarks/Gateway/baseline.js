// What a team would write in an afternoon: fetch, mask, return, and log without waiting for it. Keep-alive on both sides.
'use strict';
const http = require('http');
const [, , port, upstream, sink] = process.argv.map(Number);
const agent = new http.Agent({ keepAlive: true, maxSockets: 512 });
const logAgent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const token = process.env.TOKEN;

const last = (text, count) => '****' + String(text).slice(-count);

function project(record) {
  return {
    id: record.id, name: record.name, email: record.email, phone: last(record.phone, 2),
    address: { city: record.address.city, country: record.address.country },
    card: { pan: record.card.pan.slice(0, 6) + '******' + record.card.pan.slice(-4), cvv: null },
    accounts: record.accounts.map((account) => ({ iban: last(account.iban, 4), balance: account.balance })),
    segment: record.segment, preferences: { language: record.preferences.language },
  };
}

function log(request, fields) {
  const line = JSON.stringify({
    eventType: 'CUSTOMER_DATA_ACCESSED', timestamp: new Date().toISOString(), agentId: request.agentId,
    customerId: request.customerId, interactionId: request.interactionId, dataFieldsViewed: fields,
  });
  const post = http.request({
    port: sink, host: '127.0.0.1', method: 'POST', path: '/collect', agent: logAgent,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(line) },
  }, (response) => response.resume());
  post.on('error', () => {});
  post.end(line);
}

http.createServer((request, response) => {
  const fail = (status) => { response.writeHead(status); response.end(); };
  if (request.headers.authorization !== 'Basic ' + token) return fail(401);
  let text = '';
  request.on('data', (chunk) => { text += chunk; });
  request.on('end', () => {
    let input;
    try { input = JSON.parse(text); } catch { return fail(400); }
    http.get({ port: upstream, host: '127.0.0.1', path: '/customers/' + encodeURIComponent(input.customerId), agent }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => { body += chunk; });
      answer.on('end', () => {
        let released;
        try { released = project(JSON.parse(body)); } catch { return fail(502); }
        log(input, Object.keys(released));
        const bytes = Buffer.from(JSON.stringify(released));
        response.writeHead(200, {
          'content-type': 'application/json', 'cache-control': 'no-store', 'content-length': bytes.length,
        });
        response.end(bytes);
      });
    }).on('error', () => fail(502));
  });
}).listen(port, '127.0.0.1');
