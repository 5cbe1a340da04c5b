// A certificate that vouches for itself, as controller-runtime serves metrics with: it hides what is sent, and proves nothing.
import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { issueCertificate } from '../lib/certificate.ts';

/** What a TLS server shows and signs with, as PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

const dayMs = 86_400_000;
const validDays = 3_650;

/** Makes one for this life of the process; the key is nowhere but in memory. */
export async function selfSigned(hostName: string, now: Date): Promise<KeyAndCertificate> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const subject = { commonName: 'bookstore-operator' };
  const cert = issueCertificate({
    subject,
    key: privateKey,
    issuer: { subject, key: privateKey },
    use: 'server',
    dnsNames: ['localhost', hostName],
    ipAddresses: ['127.0.0.1'],
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + validDays * dayMs),
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}
