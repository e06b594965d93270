#!/usr/bin/perl
# A client on IO::Socket::SSL: PORT CA NAME VERSION. Sends its stdin, prints as many bytes of the answer on stdout, and
# "VERSION CIPHER" on stderr. A peer that is refused ends it with status 1 and the reason on stderr.
use strict;
use warnings;
use IO::Socket::SSL;

my ($port, $ca, $name, $version) = @ARGV;
binmode STDIN;
binmode STDOUT;
my $payload = do { local $/; <STDIN> };
my $tls = IO::Socket::SSL->new(PeerHost => '127.0.0.1', PeerPort => $port, SSL_hostname => $name, SSL_verifycn_name => $name,
  SSL_verifycn_scheme => 'http', SSL_ca_file => $ca, SSL_verify_mode => SSL_VERIFY_PEER, SSL_version => $version);
if (!$tls) {
  print STDERR "refused: $SSL_ERROR\n";
  exit 1;
}
print STDERR $tls->get_sslversion, ' ', $tls->get_cipher, "\n";
my $sent = 0;
while ($sent < length $payload) {
  $sent += syswrite($tls, $payload, length($payload) - $sent, $sent) || die "cannot write: $SSL_ERROR\n";
}
my $answer = '';
while (length $answer < length $payload) {
  sysread($tls, $answer, 16384, length $answer) or die "the answer ended early: $SSL_ERROR\n";
}
print $answer;
$tls->close;
