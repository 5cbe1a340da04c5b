// The cluster's certificates, judged by OpenSSL's code in Node: chain, names, purposes, a real handshake.
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPki, type PkiFiles } from '../../../src/local/pki.ts';

let dir: string;
let files: PkiFiles;
const pem: Record<string, string> = {};
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'pki-'));
  files = await createPki(join(dir, 'pki'), { now: new Date() });
  for (const [name, path] of Object.entries(files)) pem[name] = await readFile(path, 'utf8');
});
afterAll(() => rm(dir, { recursive: true }));

const certificate = (name: keyof PkiFiles) => new X509Certificate(pem[name] ?? '');

test('the authority signed both leaves and itself, and only it is an authority', () => {
  const ca = certificate('caCert');
  for (const name of ['caCert', 'serverCert', 'adminCert'] as const) {
    expect(certificate(name).checkIssued(ca)).toBe(true);
    expect(certificate(name).verify(ca.publicKey)).toBe(true);
  }
  expect([ca.ca, certificate('serverCert').ca, certificate('adminCert').ca]).toEqual([true, false, false]);
});

test('each certificate belongs to its key', () => {
  expect(certificate('serverCert').checkPrivateKey(createPrivateKey(pem.serverKey ?? ''))).toBe(true);
  expect(certificate('adminCert').checkPrivateKey(createPrivateKey(pem.adminKey ?? ''))).toBe(true);
  const derived = createPublicKey(createPrivateKey(pem.serviceAccountKey ?? ''));
  expect(derived.equals(createPublicKey(pem.serviceAccountPublicKey ?? ''))).toBe(true);
});

test('the server’s names are those by which it is called', () => {
  expect(certificate('serverCert').subjectAltName?.split(', ')).toEqual([
    'DNS:localhost',
    'DNS:kubernetes',
    'DNS:kubernetes.default',
    'DNS:kubernetes.default.svc',
    'IP Address:127.0.0.1',
    'IP Address:10.0.0.1',
  ]);
});

test('the admin is in the group that may do everything', () => {
  expect(certificate('adminCert').subject).toBe('O=system:masters\nCN=admin');
});

test('the files are for the user alone', async () => {
  for (const path of Object.values(files)) expect((await stat(path)).mode & 0o077).toBe(0);
});

test('two sets have different keys and serial numbers', async () => {
  const other = await createPki(join(dir, 'other'), { now: new Date() });
  expect(await readFile(other.serviceAccountKey, 'utf8')).not.toBe(pem.serviceAccountKey);
  const serial = new X509Certificate(await readFile(other.serverCert, 'utf8')).serialNumber;
  expect(serial).not.toBe(certificate('serverCert').serialNumber);
});

test('server and admin accept each other in a handshake', async () => {
  const ca = pem.caCert ?? '';
  const server = createServer({ ca, cert: pem.serverCert, key: pem.serverKey, requestCert: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const accepted: Promise<TLSSocket[]> = once(server, 'secureConnection').then((args) => args);
  const client = connect({ port, host: '127.0.0.1', ca, cert: pem.adminCert, key: pem.adminKey });
  await once(client, 'secureConnect');
  const [socket] = await accepted;
  expect([client.authorized, socket?.authorized]).toEqual([true, true]);
  client.destroy();
  socket?.destroy();
  server.close();
});
