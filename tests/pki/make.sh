#!/bin/sh
# Makes the certificates of the tests with the openssl program (3.0 or later): make.sh OUTDIR. Writes OUTDIR/done last.
# Each certificate follows RFC 5280 strictly, save for the one fault its name tells.
set -eu

out=${1:?usage: make.sh OUTDIR}
mkdir -p "$out"
cd "$out"
rm -f done *.pem *.key *.der *.bin
rm -rf work
mkdir work

# Nothing of the system's own configuration takes part.
cat > work/openssl.cnf <<'CONF'
[req]
distinguished_name = empty
string_mask = utf8only
[empty]
[ca]
default_ca = issuer
[issuer]
database = work/index.txt
new_certs_dir = work
default_md = sha256
policy = anything
unique_subject = no
rand_serial = yes
copy_extensions = none
[anything]
countryName = optional
organizationName = optional
commonName = optional
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[constrained]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
nameConstraints = critical,permitted;DNS:inside.test
[intermediate]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
CONF
OPENSSL_CONF=$PWD/work/openssl.cnf
export OPENSSL_CONF

server_names=DNS:server.test,DNS:localhost,IP:127.0.0.1,IP:::1
early=20100101000000Z
start=20200601000000Z
end=20491231235959Z
late=21991231235959Z

quietly() {
  if ! "$@" 2> work/log; then
    cat work/log >&2
    echo "make.sh: failed: $*" >&2
    exit 1
  fi
}

new_key() { # NAME TYPE
  case $2 in
    ec) quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" ;;
    rsa*) quietly openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa}" -out "$1.key" ;;
    dsa)
      quietly openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:2048 -out work/dsa.pem
      quietly openssl genpkey -paramfile work/dsa.pem -out "$1.key"
      ;;
    *) quietly openssl genpkey -algorithm "$2" -out "$1.key" ;;
  esac
}

sign() { # NAME SUBJECT START END, then what openssl ca needs to know of issuer and extensions
  name=$1 subject=$2 from=$3 to=$4
  shift 4
  : > work/index.txt
  quietly openssl req -new -utf8 -key "$name.key" -subj "$subject" -out work/request.csr
  quietly openssl ca -batch -notext -utf8 -preserveDN -in work/request.csr -out "$name.pem" \
    -startdate "$from" -enddate "$to" "$@"
}

root() { # NAME COMMON-NAME START END
  new_key "$1" ec
  sign "$1" "/O=signet tests/CN=$2" "$3" "$4" -selfsign -keyfile "$1.key" -extensions root
}

leaf() { # NAME KEY-TYPE SUBJECT NAMES EKU ISSUER START END; an issuer "self" signs itself
  new_key "$1" "$2"
  {
    echo 'basicConstraints = critical,CA:FALSE'
    case $2 in
      rsa*) echo 'keyUsage = critical,digitalSignature,keyEncipherment' ;;
      *) echo 'keyUsage = critical,digitalSignature' ;;
    esac
    echo "extendedKeyUsage = $5"
    echo 'subjectKeyIdentifier = hash'
    if [ "$6" != self ]; then echo 'authorityKeyIdentifier = keyid:always'; fi
    if [ -n "$4" ]; then echo "subjectAltName = $4"; fi
    if [ -n "${extra:-}" ]; then echo "$extra"; fi
  } > work/leaf.ext
  if [ "$6" = self ]; then
    sign "$1" "$3" "$7" "$8" -selfsign -keyfile "$1.key" -extfile work/leaf.ext
  else
    sign "$1" "$3" "$7" "$8" -cert "$6.pem" -keyfile "$6.key" -extfile work/leaf.ext
  fi
}

root ca 'signet test root' $early $late
root other-ca 'unrelated root' $early $late
root expired-ca 'expired root' $early 20200101000000Z
new_key intermediate ec
sign intermediate '/O=signet tests/CN=signet test intermediate' $early $late -cert ca.pem -keyfile ca.key -extensions intermediate

leaf server ec /CN=server.test $server_names serverAuth ca $start $end
leaf server-rsa rsa2048 /CN=server.test $server_names serverAuth ca $start $end
leaf chain ec /CN=server.test $server_names serverAuth intermediate $start $end
cp chain.pem chain-leaf-only.pem
cat chain-leaf-only.pem intermediate.pem > chain.pem
leaf wildcard ec '/CN=*.wild.test' 'DNS:*.wild.test' serverAuth ca $start $end
leaf one-of-wild ec /CN=a.wild.test DNS:a.wild.test serverAuth ca $start $end
leaf dotted ec /CN=dotted.test DNS:dotted.test. serverAuth ca $start $end
leaf wrong-name ec /CN=other.test DNS:other.test serverAuth ca $start $end
leaf cn-only ec /CN=server.test '' serverAuth ca $start $end
leaf expired ec /CN=server.test $server_names serverAuth ca 20190601000000Z 20200601000000Z
leaf not-yet ec /CN=server.test $server_names serverAuth ca 20990101000000Z 20991231235959Z
leaf under-expired-ca ec /CN=server.test $server_names serverAuth expired-ca 20190601000000Z $end
leaf self-signed ec /CN=server.test $server_names serverAuth self $start $end
leaf client ec '/O=signet tests/CN=client one' DNS:client.test clientAuth ca $start $end
leaf client-wrong-ca ec '/O=signet tests/CN=client two' DNS:client.test clientAuth other-ca $start $end
leaf server-clientonly-eku ec /CN=server.test $server_names clientAuth ca $start $end
leaf ed25519 ed25519 /CN=server.test $server_names serverAuth ca $start $end
leaf weak-rsa1024 rsa1024 /CN=server.test $server_names serverAuth ca $start $end

# The same name as the root, another key; and the same name and key, but over.
root ca-twin 'signet test root' $early $late
cp ca.key ca-expired-twin.key
sign ca-expired-twin '/O=signet tests/CN=signet test root' $early 20200101000000Z -selfsign -keyfile ca.key -extensions root

new_key constrained-ca ec
sign constrained-ca '/O=signet tests/CN=constrained root' $early $late -selfsign -keyfile constrained-ca.key -extensions constrained
leaf constrained ec /CN=www.elsewhere.test DNS:host.inside.test serverAuth constrained-ca $start $end
leaf constrained-outside ec /CN=www.elsewhere.test DNS:www.elsewhere.test serverAuth constrained-ca $start $end

leaf by-a-leaf ec /CN=server.test $server_names serverAuth server $start $end
extra='1.2.3.4 = critical,ASN1:UTF8String:what is this'
leaf critical-unknown ec /CN=server.test $server_names serverAuth ca $start $end
extra=
sed -i 's/^default_md = .*/default_md = sha1/' work/openssl.cnf
leaf weak-digest ec /CN=server.test $server_names serverAuth ca $start $end
sed -i 's/^default_md = .*/default_md = sha256/' work/openssl.cnf

# A subject that would break a terminal or a log if it were printed as it is: newline, escape sequence, C1 control, right
# to left override, quotes and commas, and honest UTF-8.
new_key odd-subject ec
{
  printf '[req]\nprompt = no\nutf8 = yes\nstring_mask = utf8only\ndistinguished_name = odd\nx509_extensions = leaf\n'
  printf '[leaf]\nbasicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature\nsubjectKeyIdentifier = hash\n'
  printf 'subjectAltName = DNS:odd.test\n'
  printf '[odd]\nO = "Löwe, Söhne + Töchter"\n'
  printf 'CN = line one\\nline two \033[31mred \302\2332J \342\200\256gnol \\"quoted\\"\n'
} > work/odd.cnf
quietly openssl req -x509 -new -key odd-subject.key -config work/odd.cnf -days 3650 -out odd-subject.pem

quietly openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 2048 -passout pass:bluebell -in server.key -out server-enc-pkcs8.key
quietly openssl ec -aes128 -passout pass:bluebell -in server.key -out server-enc-traditional.key
grep -q 'BEGIN ENCRYPTED PRIVATE KEY' server-enc-pkcs8.key
grep -q 'DEK-Info: AES-128-CBC' server-enc-traditional.key
quietly openssl rsa -aes128 -traditional -passout pass:bluebell -in server-rsa.key -out server-rsa-enc-traditional.key
grep -q 'DEK-Info: AES-128-CBC' server-rsa-enc-traditional.key
quietly openssl ec -in server.key -out server-traditional.key
grep -q 'BEGIN EC PRIVATE KEY' server-traditional.key
quietly openssl rsa -traditional -in server-rsa.key -out server-rsa-traditional.key
grep -q 'BEGIN RSA PRIVATE KEY' server-rsa-traditional.key

cat server.pem server.key > combined.pem
quietly openssl x509 -in server.pem -outform DER -out server.der
quietly openssl pkey -in server.key -pubout -out public.pem
printf 'this is not a certificate\nnor a key\n' > garbage.pem
: > empty.pem
head -n 5 server.pem > truncated.pem
{ printf '\000\377\376'; openssl rand 4096; } > binary.bin
# Five entries, of which the third has lost a line.
{ cat ca.pem other-ca.pem; sed 3d server.pem; cat intermediate.pem wildcard.pem; } > bundle-with-broken-entry.pem

# Revocation lists of the root, from an index as openssl ca keeps it.
serial_of() {
  openssl x509 -in "$1.pem" -noout -serial | cut -d= -f2
}
cat >> work/openssl.cnf <<'CONF'
[signs_no_lists]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[plain_list]
authorityKeyIdentifier = keyid:always
[delta_list]
authorityKeyIdentifier = keyid:always
2.5.29.27 = critical,ASN1:INTEGER:1
[indirect_list]
authorityKeyIdentifier = keyid:always
issuingDistributionPoint = critical,@indirect_scope
[indirect_scope]
fullname = URI:http://ca.test/all.crl
indirectCRL = TRUE
[critical_list]
authorityKeyIdentifier = keyid:always
1.2.3.4 = critical,ASN1:UTF8String:what is this
CONF
revocation_list() { # NAME ISSUER, then what openssl ca needs to know
  name=$1 issuer=$2
  shift 2
  quietly openssl ca -gencrl -cert "$issuer.pem" -keyfile "$issuer.key" -out "$name.pem" "$@" \
    -crl_lastupdate 20200701000000Z -crl_nextupdate 20200708000000Z
}
revoked() { # NAME DATE-AND-REASON
  printf 'R\t491231235959Z\t%s\t%s\tunknown\t/CN=%s\n' "$2" "$(serial_of "$1")" "$1"
}
{
  revoked server-rsa 200615120000Z,keyTime,20200610080000Z
  revoked expired 200616120000Z,superseded
  revoked wildcard 200617120000Z,certificateHold
  revoked client 200618120000Z
} > work/index.txt
revocation_list crl-v2 ca -crlexts plain_list
revocation_list crl-critical ca -crlexts critical_list
revocation_list crl-twin ca-twin -crlexts plain_list
revocation_list crl-indirect ca -crlexts indirect_list
revoked wildcard 200619120000Z,removeFromCRL > work/index.txt
revocation_list crl-delta ca -crlexts delta_list
revoked client 200618120000Z > work/index.txt
revocation_list crl-v1 ca
: > work/index.txt
revocation_list crl-empty ca -crlexts plain_list
sed -i 's/^unique_subject.*/&\ncrlnumber = work\/crlnumber/' work/openssl.cnf
echo 1F > work/crlnumber
revocation_list crl-numbered ca -crlexts plain_list
quietly openssl crl -in crl-v2.pem -outform DER -out crl-v2.der
cat crl-v2.pem server.pem crl-delta.pem > crl-bundle.pem
{ cat crl-v2.pem; sed 3d crl-delta.pem; cat crl-empty.pem; } > crl-bundle-with-broken-entry.pem

# The root again, with the same name and key: one may not sign lists, one is of version 1.
cp ca.key ca-signs-no-lists.key
sign ca-signs-no-lists '/O=signet tests/CN=signet test root' $early $late -selfsign -keyfile ca.key -extensions signs_no_lists
cp ca.key ca-v1.key
# From 3.5 on the program makes version 1 only when it is told to.
v1=
if openssl req -help 2>&1 | grep -q -e -x509v1; then v1=-x509v1; fi
quietly openssl req -new -key ca.key -subj '/O=signet tests/CN=signet test root' -x509 $v1 -days 3650 -out ca-v1.pem
openssl x509 -in ca-v1.pem -noout -text | grep -q 'Version: 1 '

cp ca.key ca-sha1.key
sed -i 's/^default_md = .*/default_md = sha1/' work/openssl.cnf
sign ca-sha1 '/O=signet tests/CN=signet test root' $early $late -selfsign -keyfile ca.key -extensions root
sed -i 's/^default_md = .*/default_md = sha256/' work/openssl.cnf

# The intermediate again, signed by another root; and two CAs that have signed each other, with a leaf below.
cp intermediate.key intermediate-cross.key
sign intermediate-cross '/O=signet tests/CN=signet test intermediate' $early $late -cert other-ca.pem -keyfile other-ca.key -extensions intermediate
root ring-one 'ring one' $early $late
new_key ring-two ec
sign ring-two '/O=signet tests/CN=ring two' $early $late -cert ring-one.pem -keyfile ring-one.key -extensions root
sign ring-one '/O=signet tests/CN=ring one' $early $late -cert ring-two.pem -keyfile ring-two.key -extensions root
leaf ring-leaf ec /CN=server.test $server_names serverAuth ring-one $start $end
extra='authorityInfoAccess = caIssuers;URI:http://ca.test/intermediate.der'
leaf names-its-issuer ec /CN=server.test $server_names serverAuth intermediate $start $end
extra=
leaf dsa dsa /CN=server.test $server_names serverAuth ca $start $end

# The same things in DER, and in PKCS#12 with the root first and the password bluebell, or none.
for key in server ed25519 server-rsa; do quietly openssl pkey -in $key.key -outform DER -out $key-key.der; done
quietly openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:bluebell -in server.key -outform DER -out server-enc-key.der
quietly openssl ec -in server.key -outform DER -out server-traditional-key.der
quietly openssl rsa -traditional -in server-rsa.key -outform DER -out server-rsa-traditional-key.der
cat ca.pem intermediate.pem > work/issuers.pem
bag() { # NAME, then what openssl pkcs12 needs to know
  name=$1
  shift
  quietly openssl pkcs12 -export -inkey chain.key -in chain-leaf-only.pem -certfile work/issuers.pem -name 'the server' \
    -out "$name.p12" "$@"
}
bag chain -passout pass:bluebell
bag chain-no-password -passout pass:
bag chain-3des -passout pass:bluebell -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1
# Debian 13 has RC2 in a package of its own.
if openssl list -providers -provider legacy > work/log 2>&1; then bag chain-legacy -passout pass:bluebell -legacy; fi

# Certificates with every field there is, and one whose extensions cannot be read.
# RFC 6962: an entry made at the start of 2020 by ecdsa with sha256; one of a version to come; one by rsa with an extension.
log_id=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
first_sct=00${log_id}0000016f5e66e8000000040300030a0b0c
last_sct=00${log_id}00000000000000010001ff04010001aa
scts=046d006b0032${first_sct}000201ff0031${last_sct}
sed "s/@SCTS@/$scts/" > work/fields.cnf <<'CONF'
[req]
prompt = no
utf8 = yes
string_mask = utf8only
distinguished_name = many_parts
[many_parts]
1.DC = test
2.DC = fields
C = DE
O = Löwe, Söhne + Töchter
OU = one
1.OU = \#two
+UID = joined
serialNumber = 12-34
title = back\\slash
x.1.2.3.4.5 = no name for this
emailAddress = who@fields.test
CN = fields.test
[every_field]
basicConstraints = critical,CA:TRUE,pathlen:3
keyUsage = critical,digitalSignature,nonRepudiation,keyCertSign,cRLSign,decipherOnly
extendedKeyUsage = serverAuth,1.2.3.4.7
subjectKeyIdentifier = 00112233445566778899
authorityKeyIdentifier = keyid:always,issuer:always
subjectAltName = critical,@every_name
issuerAltName = URI:http://issuer.test/
certificatePolicies = 2.23.140.1.2.1,@one_policy
nameConstraints = critical,@constraints
crlDistributionPoints = first_point,second_point
authorityInfoAccess = @access
tlsfeature = status_request,17
1.3.6.1.4.1.11129.2.4.2 = DER:@SCTS@
nsComment = made by hand
1.2.3.4.5 = critical,ASN1:UTF8String:nobody knows this
[every_name]
otherName = 1.3.6.1.4.1.311.20.2.3;UTF8:who@fields.test
email = who@fields.test
DNS.1 = fields.test
DNS.2 = *.fields.test
dirName = small_name
URI = https://fields.test/a,b?c=d
IP.1 = 192.0.2.1
IP.2 = 2001:db8::1
RID = 1.2.3.4.6
[small_name]
C = DE
CN = small name
[one_policy]
policyIdentifier = 1.2.3.4.8
CPS.1 = http://policy.test/statement
userNotice.1 = @notice
userNotice.2 = @short_notice
[notice]
explicitText = UTF8:Grüße
organization = Fields
noticeNumbers = 1,2
[short_notice]
explicitText = VISIBLE:just text
[constraints]
permitted;DNS.1 = .fields.test
permitted;IP.1 = 10.0.0.0/255.0.0.0
permitted;email.1 = fields.test
permitted;URI.1 = .fields.test
permitted;dirName.1 = small_name
excluded;IP.1 = 2001:db8::/ffff:ffff:ffff::
excluded;IP.2 = 192.0.2.0/255.255.0.255
excluded;DNS.1 = evil.fields.test
[first_point]
fullname = URI:http://crl.test/ca.crl,URI:ldap:///cn=ca?certificateRevocationList,URI:HTTPS://crl.test/ca.crl
[second_point]
relativename = relative
CRLissuer = dirName:small_name
reasons = keyCompromise, CACompromise, AACompromise
[relative]
CN = list 7
+UID = x
[access]
OCSP;URI.1 = http://ocsp.test/
caIssuers;URI.1 = https://ca.test/ca.der
OCSP;URI.2 = ldap://ocsp.test/
OCSP;DNS.1 = ocsp.test
1.2.3.4.9;RID.1 = 1.2.3.4.10
[nobodys_names]
basicConstraints = critical,CA:FALSE
subjectAltName = ASN1:SEQUENCE:two_kinds
[two_kinds]
edi = IMPLICIT:5,SEQUENCE:party
x400 = IMPLICIT:3,SEQUENCE:address
[party]
name = EXPLICIT:1,UTF8String:party
[address]
empty = SEQUENCE
[broken]
basicConstraints = DER:30060101ff0201ff
keyUsage = DER:0500
extendedKeyUsage = DER:3081
subjectKeyIdentifier = DER:04010500
authorityKeyIdentifier = DER:30800000
subjectAltName = DER:3003820161ff
nameConstraints = DER:300aa0083006820161800101
certificatePolicies = DER:00
crlDistributionPoints = DER:020101
authorityInfoAccess = DER:30
tlsfeature = DER:3003040105
1.3.6.1.4.1.11129.2.4.2 = DER:0404000200ff
1.2.3.4.5 = DER:ff
[huge_path]
basicConstraints = DER:300a0101ff02050100000000
CONF
fields() { # NAME EXTENSIONS SERIAL
  new_key "$1" ec
  quietly openssl req -new -key "$1.key" -config work/fields.cnf -out work/request.csr
  quietly openssl x509 -req -in work/request.csr -CA ca.pem -CAkey ca.key -set_serial "$3" -days 3650 \
    -extfile work/fields.cnf -extensions "$2" -out "$1.pem"
}
fields every-field every_field 0x1234
fields nobodys-names nobodys_names 0
fields broken-extensions broken -0x123456
fields huge-path-length huge_path 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff

rm -rf work
: > done
