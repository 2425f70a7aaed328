#!/usr/bin/env perl
# Perl's System V segments are native regions, and the other way round (promise R11).
# ISTHMUS_PEER is the program that uses the library.
use strict;
use warnings;
use IPC::Open2;
use constant { IPC_CREAT => 01000, IPC_EXCL => 02000, IPC_PRIVATE => 0, IPC_RMID => 0 };

my $size = 5000;    # no whole pages
my $key = 0x51000000 | ($$ & 0xffffff);
my ($to, $from, $pid);

sub check {
    my ($got, $expected, $what) = @_;
    die "$what: got '$got', not '$expected'\n" if $got ne $expected;
}

sub start {
    $pid = open2($from, $to, $ENV{ISTHMUS_PEER}, "obey");
}

sub ask {
    my ($command) = @_;
    print {$to} "$command\n";
    my $answer = <$from>;
    chomp $answer;
    return $answer;
}

sub end {
    close $to;
    close $from;
    waitpid $pid, 0;
    check($?, 0, "the peer's end");
}

sub bytes_of {
    my ($id) = @_;
    my $bytes = "";
    shmread($id, $bytes, 0, $size) or die "shmread: $!\n";
    return $bytes;
}

sub perl_makes_isthmus_attaches {
    my ($id, $name) = @_;
    shmwrite($id, "\x5a" x $size, 0, $size) or die "shmwrite: $!\n";
    start();
    check(ask("open_native $name size=" . ($size + 1)), "ISM_E_SIZE", "another size");
    check(ask("open_native $name size=$size"), "ISM_OK", "opening $name");
    check(ask("size"), $size, "the size");
    check(ask("holds 90"), "yes", "the bytes");
    shmwrite($id, "\x07", $size - 1, 1) or die "shmwrite: $!\n";
    check(ask("peek " . ($size - 1)), "7", "a byte that Perl wrote");
    check(ask("poke 0 9"), "ok", "a byte that isthmus wrote");
    check(ask("close"), "ISM_OK", "closing");
    end();
    check(bytes_of($id), "\x09" . "\x5a" x ($size - 2) . "\x07", "all bytes");
    shmctl($id, IPC_RMID, 0) or die "shmctl: $!\n";
}

sub isthmus_makes_perl_attaches {
    my ($name) = @_;
    start();
    check(ask("create_native $name size=$size"), "ISM_OK", "creating $name");
    my $id = shmget($key, $size, 0) // die "shmget: $!\n";
    check(bytes_of($id), "\0" x $size, "fresh bytes");
    defined shmget($key, $size + 1, 0) and die "the segment is too large\n";
    check(ask("fill 171"), "ok", "filling");
    check(bytes_of($id), "\xab" x $size, "all bytes");
    shmwrite($id, "\x01", 1234, 1) or die "shmwrite: $!\n";
    check(ask("peek 1234"), "1", "a byte that Perl wrote");
    end();
    check(substr(bytes_of($id), 1234, 1), "\x01", "a byte without isthmus");
    start();
    check(ask("remove_native $name"), "ISM_OK", "removing");
    check(ask("open_native $name"), "ISM_E_NOT_FOUND", "opening what is removed");
    end();
    defined shmget($key, 0, 0) and die "the segment is still there\n";
}

if ($ENV{ISTHMUS_BACKEND} ne "sysv") {
    print "skipped: segments are another backend's\n";
    exit 77;
}
my $decimal = sprintf "%u", $key;
my $hexadecimal = sprintf "0x%x", $key;
for my $name ($hexadecimal, $decimal) {
    my $id = shmget($key, $size, IPC_CREAT | IPC_EXCL | 0600) // die "shmget: $!\n";
    perl_makes_isthmus_attaches($id, $name);
    print "[       OK ] r11_perl_makes_isthmus_attaches_to $name\n";
    isthmus_makes_perl_attaches($name);
    print "[       OK ] r11_isthmus_makes_perl_attaches_to $name\n";
}
my $private = shmget(IPC_PRIVATE, $size, 0600) // die "shmget: $!\n";
perl_makes_isthmus_attaches($private, "id:$private");
print "[       OK ] r11_perl_makes_isthmus_attaches_to an id\n";

END {
    my $left = $pid ? shmget($key, 0, 0) : undef;
    shmctl($left, IPC_RMID, 0) if defined $left;
}
