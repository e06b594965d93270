#!/usr/bin/perl
# An echo server on IO::Socket::SSL: CERT KEY VERSION (TLSv1_2 or TLSv1_3). Prints "listening PORT", and one line a
# connection: "served VERSION CIPHER BYTES" or "failed REASON".
use strict;
use warnings;
use IO::Socket::SSL;

my ($cert, $key, $version) = @ARGV;
$| = 1;
local $SIG{PIPE} = 'IGNORE';
my $listener = IO::Socket::IP->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 5, ReuseAddr => 1)
  or die "cannot listen: $@\n";
print 'listening ', $listener->sockport, "\n";
while (my $client = $listener->accept) {
  my $tls = IO::Socket::SSL->start_SSL($client, SSL_server => 1, SSL_cert_file => $cert, SSL_key_file => $key,
    SSL_version => $version, SSL_startHandshake => 1);
  if (!$tls) {
    print "failed $SSL_ERROR\n";
    close $client;
    next;
  }
  my $total = 0;
  while (my $got = sysread($tls, my $buffer, 16384)) {
    my $sent = 0;
    while ($sent < $got) {
      my $more = syswrite($tls, $buffer, $got - $sent, $sent) or last;
      $sent += $more;
    }
    $total += $sent;
  }
  print 'served ', $tls->get_sslversion, ' ', $tls->get_cipher, " $total\n";
  $tls->close;
}
