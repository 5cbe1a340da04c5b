// Issues X.509 certificates (RFC 5280): ECDSA P-256, a certificate authority and its leaves.
import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import {
  bitString,
  booleanTrue,
  integer,
  objectId,
  octetString,
  sequence,
  set,
  tagged,
  time,
  utf8String,
} from './der.ts';

/** Who a certificate speaks for. */
export interface Subject {
  readonly commonName: string;
  /** Kubernetes takes it for a group. */
  readonly organization?: string;
}

/** One certificate. */
export interface CertificateRequest {
  readonly subject: Subject;
  /** The key that is certified (private or public). */
  readonly key: KeyObject;
  readonly issuer: { readonly subject: Subject; readonly key: KeyObject };
  /** An authority may sign others and nothing else; a server proves a name; a client proves its subject. */
  readonly use: 'authority' | 'server' | 'client';
  readonly dnsNames?: readonly string[];
  /** IPv4. */
  readonly ipAddresses?: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const ecdsaWithSha256 = sequence(objectId('1.2.840.10045.4.3.2'));
const usage = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' };

/** The certificate as PEM. */
export function issueCertificate(request: CertificateRequest): string {
  const publicKey = request.key.type === 'private' ? createPublicKey(request.key) : request.key;
  const body = sequence(
    tagged(0, integer(Buffer.from([2])), { isConstructed: true }), // version 3
    integer(randomBytes(16)),
    ecdsaWithSha256,
    name(request.issuer.subject),
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions(request)), { isConstructed: true }),
  );
  const signature = sign('sha256', body, request.issuer.key);
  const base64 = sequence(body, ecdsaWithSha256, bitString(signature)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function name(subject: Subject): Buffer {
  const attribute = (id: string, value: string) => set(sequence(objectId(id), utf8String(value)));
  return sequence(
    ...(subject.organization === undefined ? [] : [attribute('2.5.4.10', subject.organization)]),
    attribute('2.5.4.3', subject.commonName),
  );
}

function extensions(request: CertificateRequest): Buffer[] {
  const critical = (id: string, value: Buffer) => sequence(objectId(id), booleanTrue(), octetString(value));
  const plain = (id: string, value: Buffer) => sequence(objectId(id), octetString(value));
  if (request.use === 'authority') {
    return [
      critical('2.5.29.19', sequence(booleanTrue())), // basic constraints: CA
      critical('2.5.29.15', bitString(Buffer.from([0b0000_0110]), 1)), // key usage: keyCertSign, cRLSign
    ];
  }
  const purpose = request.use === 'server' ? usage.serverAuth : usage.clientAuth;
  return [
    critical('2.5.29.15', bitString(Buffer.from([0b1000_0000]), 7)), // key usage: digitalSignature
    plain('2.5.29.37', sequence(objectId(purpose))),
    ...(request.use === 'server' ? [plain('2.5.29.17', alternativeNames(request))] : []),
  ];
}

function alternativeNames({ dnsNames = [], ipAddresses = [] }: CertificateRequest): Buffer {
  const bad = ipAddresses.find((address) => !isIPv4(address));
  if (bad !== undefined) throw new TypeError(`${bad} is no IPv4 address`);
  return sequence(
    ...dnsNames.map((dns) => tagged(2, Buffer.from(dns, 'ascii'), { isConstructed: false })),
    ...ipAddresses.map((ip) => tagged(7, Buffer.from(ip.split('.').map(Number)), { isConstructed: false })),
  );
}
