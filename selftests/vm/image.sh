# shellcheck shell=bash disable=SC2154 # vm, build, run and machine are boot.sh's
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a guest is booted from; sourced by boot.sh and run.sh.  Kernel and modules
# are those of the Debian packages on this machine.  The initramfs and the index
# of modules take a second or two to make and are kept below build/vm.  Each
# cached thing has a name that tells its whole content apart and comes into being
# by a rename, so that concurrent runs neither collide nor see half of it.

# vm_kernel PREFIX: the newest kernel that begins so and can be booted; one that
# the module can be built for (pick-kernel --boot) if there is
vm_kernel()
{
	local k found='' headers=''

	while read -r k; do
		case $k in
		"$1"|"$1"[.+~-]*)
			[ -r "/boot/vmlinuz-$k" ] && [ -d "/lib/modules/$k/kernel" ] || continue
			[ ! -e "/lib/modules/$k/build/Makefile" ] || headers=$k
			found=$k;;
		esac
	done < <(find /lib/modules -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V)
	[ -n "$found" ] && echo "${headers:-$found}"
}

# vm_key FILE...: changes when one of them does
vm_key() { stat -L -c '%n %s %Y' "$@" | cksum | cut -d ' ' -f 1; }

# vm_initrd VERSION: a busybox, the modules to reach the root file system, init.
# User-Mode Linux needs no modules for that.
vm_initrd()
{
	local kver=$1 cache=$build/vm file tmp n=10 kind module rest name
	local init=$vm/init needed=(virtio_pci 9pnet_virtio 9p overlay)
	local of=("/boot/vmlinuz-$kver" "/lib/modules/$kver/modules.dep")

	[ "$machine" != uml ] || of=() needed=()
	file=$cache/initrd-$kver-$(vm_key "$init" "$vm/image.sh" "$(command -v busybox)" "${of[@]}").cpio
	if [ -s "$file" ]; then
		echo "$file"
		return
	fi
	mkdir -p "$cache"
	tmp=$(mktemp -d "$run/initrd.XXXXXX") || return
	mkdir -p "$tmp"/{bin,mod,proc,sys,dev,lower,rw,new}
	cp "$(command -v busybox)" "$tmp/bin/busybox"
	cp "$init" "$tmp/init"
	# The dependencies of one may have come with another already.
	while read -r kind module rest; do
		[ "$kind" = insmod ] || continue
		name=$(basename "$module")
		name=${name%%.ko*}.ko
		! compgen -G "$tmp/mod/*-$name" >/dev/null || continue
		case $module in
		*.xz) xz -dc "$module";;
		*.zst) zstd -dqc "$module";;
		*.gz) gzip -dc "$module";;
		*) cat "$module";;
		esac > "$tmp/mod/$n-$name" || return
		n=$((n + 1))
	done < <(for module in "${needed[@]}"; do
		modprobe -S "$kver" --show-depends "$module"
	done)
	(cd "$tmp" && find . | cpio -o -H newc --quiet) > "$tmp.cpio" || return
	mv "$tmp.cpio" "$file.$$" && mv "$file.$$" "$file" || return
	echo "$file"
}

# vm_modules VERSION [FILE]: a folder with FILE, what was built beside it (rtun_kunit.ko),
# and the index that modprobe reads, covering these and those parts of the kernel's own
# modules that a network test may want.  A full depmod takes five times as long.  Modules
# in another place than /lib/modules (vm_lib) are linked to.
vm_modules()
{
	local kver=$1 module=$2 lib=${vm_lib:-/lib/modules}/$1 cache=$build/vm dir tmp tree d ours=()

	[ -z "$module" ] || ours=("${module%/*}"/*.ko)
	dir=$cache/modules-$kver-$(vm_key "$vm/image.sh" "$lib/modules.dep" "${ours[@]}")
	if [ -d "$dir" ]; then
		echo "$dir"
		return
	fi
	mkdir -p "$cache"
	tmp=$(mktemp -d "$run/modules.XXXXXX") || return
	tree=$tmp/lib/modules/$kver
	mkdir -p "$tree/kernel/drivers/net" "$tree/updates"
	for d in arch crypto fs lib net drivers/{block,char,crypto,pps,ptp,vhost,virtio}; do
		[ ! -d "$lib/kernel/$d" ] || ln -s "$lib/kernel/$d" "$tree/kernel/$d"
	done
	for d in "$lib"/kernel/drivers/net/*; do
		case ${d##*/} in
		ethernet|wireless|usb|phy|dsa|can|wwan|wan|hamradio|ieee802154|fddi|arcnet) ;;
		*) ln -s "$d" "$tree/kernel/drivers/net/";;
		esac
	done
	cp "$lib"/modules.{builtin,builtin.modinfo,order} "$tree/"
	[ ${#ours[@]} -eq 0 ] || cp "${ours[@]}" "$tree/updates/"
	depmod -b "$tmp" "$kver" || return
	rm -r "$tree/kernel"
	[ -z "${vm_lib-}" ] || ln -s "$lib/kernel" "$tree/kernel"
	# Between file systems a move is no rename, hence the two steps.
	mv "$tree" "$dir.$$"
	mv -T "$dir.$$" "$dir" 2>/dev/null || rm -rf "$dir.$$"
	[ -d "$dir" ] && echo "$dir"
}
