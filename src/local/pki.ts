// The keys and certificates of one cluster: an authority, the API server's, an admin's, the service accounts' pair.
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { issueCertificate } from '../lib/certificate.ts';

/** Where each file of the PKI is. */
export interface PkiFiles {
  readonly caCert: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly adminCert: string;
  readonly adminKey: string;
  readonly serviceAccountPublicKey: string;
  readonly serviceAccountKey: string;
}

/** The files' paths; nothing is created. */
export function pkiFiles(pkiDir: string): PkiFiles {
  return {
    caCert: join(pkiDir, 'ca.crt'),
    serverCert: join(pkiDir, 'apiserver.crt'),
    serverKey: join(pkiDir, 'apiserver.key'),
    adminCert: join(pkiDir, 'admin.crt'),
    adminKey: join(pkiDir, 'admin.key'),
    serviceAccountPublicKey: join(pkiDir, 'sa.pub'),
    serviceAccountKey: join(pkiDir, 'sa.key'),
  };
}

const newKeyPair = promisify(generateKeyPair);
const dayMs = 86_400_000;
const validDays = 3_650;

/**
 * Creates all files in `pkiDir`, readable by the user alone. The authority's key is thrown away: nothing else is ever
 * signed with it.
 */
export async function createPki(pkiDir: string, options: { readonly now: Date }): Promise<PkiFiles> {
  const files = pkiFiles(pkiDir);
  const ecKey = async (): Promise<KeyObject> => (await newKeyPair('ec', { namedCurve: 'P-256' })).privateKey;
  const [caKey, serverKey, adminKey, serviceAccount] = await Promise.all([
    ecKey(),
    ecKey(),
    ecKey(),
    newKeyPair('rsa', { modulusLength: 2048 }),
  ]);
  const issuer = { subject: { commonName: 'bookstore-operator local cluster' }, key: caKey };
  const validity = {
    notBefore: new Date(options.now.getTime() - dayMs),
    notAfter: new Date(options.now.getTime() + validDays * dayMs),
  };
  const caCert = issueCertificate({ ...validity, issuer, subject: issuer.subject, key: caKey, use: 'authority' });
  const serverCert = issueCertificate({
    ...validity,
    issuer,
    subject: { commonName: 'kube-apiserver' },
    key: serverKey,
    use: 'server',
    dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    ipAddresses: ['127.0.0.1', '10.0.0.1'],
  });
  const admin = { commonName: 'admin', organization: 'system:masters' };
  const adminCert = issueCertificate({ ...validity, issuer, subject: admin, key: adminKey, use: 'client' });
  await mkdir(pkiDir, { recursive: true, mode: 0o700 });
  const contents: readonly (readonly [string, string | Buffer])[] = [
    [files.caCert, caCert],
    [files.serverCert, serverCert],
    [files.serverKey, serverKey.export({ type: 'pkcs8', format: 'pem' })],
    [files.adminCert, adminCert],
    [files.adminKey, adminKey.export({ type: 'pkcs8', format: 'pem' })],
    [files.serviceAccountPublicKey, serviceAccount.publicKey.export({ type: 'spki', format: 'pem' })],
    [files.serviceAccountKey, serviceAccount.privateKey.export({ type: 'pkcs8', format: 'pem' })],
  ];
  await Promise.all(contents.map(([path, content]) => writeFile(path, content, { mode: 0o600 })));
  return files;
}
