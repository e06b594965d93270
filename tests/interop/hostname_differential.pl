# Makes certificates with odd names, asks IO::Socket::SSL's verify_hostname_of_cert about them under each scheme, and
# prints one JSON object a line: the certificate, what was asked, and the answer. Arguments: a seed and a number.
use strict;
use warnings;
use IO::Socket::SSL;
use IO::Socket::SSL::Utils;
use JSON::PP;

my ($seed, $count) = @ARGV;
srand($seed);
my $json = JSON::PP->new->canonical->ascii;
my $key = KEY_create_ec();
my @schemes = qw(default www http rfc2818 xmpp ftp ldap smtp imap gist sip);
my @labels = qw(www www2 a mail xn--lwe-sna foo);
my @domains = qw(example.com foo.example.com co.uk bar.co.uk com local kobe.jp city.kobe.jp);

sub pick { return $_[int rand @_] }
sub name {
  my $kind = int rand 7;
  return pick(@labels) . "." . pick(@domains) if $kind < 3;
  return pick(@domains) if $kind == 3;
  return "192.0.2." . int(rand 3) if $kind == 4;
  return uc(pick(@labels)) . "." . pick(@domains) if $kind == 5;
  return pick(@labels) . "." . pick(@labels) . "." . pick(@domains);
}
sub pattern {
  my $kind = int rand 7;
  return "*." . pick(@domains) if $kind < 2;
  return substr(pick(@labels), 0, 1) . "*." . pick(@domains) if $kind == 2;
  return "*" . substr(pick(@labels), -1) . "." . pick(@domains) if $kind == 3;
  return pick(@labels) . ".*." . pick(@domains) if $kind == 4;
  return name();
}

for (1 .. $count) {
  my @san = map { ["DNS", pattern()] } 1 .. int rand 3;
  @san = grep { $_->[1] !~ /^[\d.]+$/ } @san;
  push @san, ["IP", "192.0.2." . int(rand 3)] if rand() < 0.3;
  my %subject = rand() < 0.8 ? (commonName => pattern()) : (organizationName => "nobody");
  my ($cert) = CERT_create(key => $key, subject => \%subject, @san ? (subjectAltNames => \@san) : ());
  my $pem = PEM_cert2string($cert);
  for my $scheme (@schemes) {
    my $name = name();
    my $answer = IO::Socket::SSL::verify_hostname_of_cert($name, $cert, $scheme) ? JSON::PP::true : JSON::PP::false;
    print $json->encode({cert => $pem, name => $name, scheme => $scheme, answer => $answer,
                         cn => $subject{commonName} // "", san => \@san}), "\n";
  }
  CERT_free($cert);
}
KEY_free($key);
