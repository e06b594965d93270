# What CERT_asHash of IO::Socket::SSL::Utils says of each file, as one JSON object a line. It has text as octets of UTF-8,
# which are printed as they are.
use strict;
use warnings;
use IO::Socket::SSL::Utils;
use JSON::PP;

for my $file (@ARGV) {
    my $cert = PEM_file2cert($file);
    my $hash = CERT_asHash($cert);
    delete $hash->{$_} for grep { /digest/ } keys %$hash;
    print JSON::PP->new->canonical->encode($hash), "\n";
    CERT_free($cert);
}
