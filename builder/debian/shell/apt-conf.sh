# shellcheck shell=bash
# apt_conf VIEW STATE: the apt.conf(5) of an apt that sees the packages of VIEW and the lists of STATE.
apt_conf() {
	cat <<EOF
Dir "$1";
Dir::State::lists "$2/lists/";
Dir::Etc::sourcelist "$2/etc/apt/sources.list";
Dir::Etc::sourceparts "$2/etc/apt/sources.list.d/";
Dir::Cache "$2/";
Dir::Cache::archives "/tmp/archives/";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Log "/tmp/log/";
Dir::Bin::methods "/usr/lib/apt/methods";
Dir::Bin::solvers { "/usr/lib/apt/solvers"; };
Dir::Bin::planners { "/usr/lib/apt/planners"; };
APT::Architecture "${HEARTH_ARCH}";
APT::Architectures { "${HEARTH_ARCH}"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
quiet "1";
${HEARTH_APT_OPTIONS:-}
EOF
}
