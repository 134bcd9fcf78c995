// SPDX-License-Identifier: GPL-2.0-or-later
//
// A VFS of SQLite (sqlite3_vfs) around the one of the system, registered as the one that is used
// when none is named. Shared memory is passed on: it is gone with the power.
#include <tests/aaa/power.h>

#include <base/bytes.h>

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <new>
#include <vector>

namespace rtun::aaa {

namespace {

constexpr std::size_t sector = 512;

// A file as the disk has it, and what was written since it was waited for. Without octets: it was
// cut off at offset.
struct Write {
    std::size_t offset = 0;
    base::Bytes octets;
    bool truncate = false;
};
struct OnDisk {
    base::Bytes content;
    std::vector<Write> since;
};

void apply(base::Bytes &content, std::size_t offset, base::View octets) {
    if (content.size() < offset + octets.size())
        content.resize(offset + octets.size());
    std::copy(octets.begin(), octets.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

void apply(base::Bytes &content, const Write &write) {
    if (write.truncate)
        content.resize(std::min(content.size(), write.offset));
    else
        apply(content, write.offset, write.octets);
}

}  // namespace

struct Power::Disk {
    sqlite3_vfs vfs{};
    sqlite3_vfs *real = nullptr;
    std::map<std::string, OnDisk> files;
};

namespace {

// Behind it stands the file of the system's VFS.
struct File {
    sqlite3_file base;
    OnDisk *disk;  // null: of no file that outlives anything
};
sqlite3_file *real(sqlite3_file *file) {
    return reinterpret_cast<sqlite3_file *>(reinterpret_cast<File *>(file) + 1);
}
OnDisk *disk_of(sqlite3_file *file) { return reinterpret_cast<File *>(file)->disk; }

int close_file(sqlite3_file *f) { return real(f)->pMethods->xClose(real(f)); }
int read_file(sqlite3_file *f, void *to, int size, sqlite3_int64 offset) {
    return real(f)->pMethods->xRead(real(f), to, size, offset);
}
int write_file(sqlite3_file *f, const void *from, int size, sqlite3_int64 offset) {
    if (OnDisk *disk = disk_of(f); disk != nullptr) {
        const auto *octets = static_cast<const std::uint8_t *>(from);
        disk->since.push_back(
            {static_cast<std::size_t>(offset), base::Bytes(octets, octets + size), false});
    }
    return real(f)->pMethods->xWrite(real(f), from, size, offset);
}
int truncate_file(sqlite3_file *f, sqlite3_int64 size) {
    if (OnDisk *disk = disk_of(f); disk != nullptr)
        disk->since.push_back({static_cast<std::size_t>(size), {}, true});
    return real(f)->pMethods->xTruncate(real(f), size);
}
// The disk of this host need not be waited for.
int sync_file(sqlite3_file *f, int /*flags*/) {
    if (OnDisk *disk = disk_of(f); disk != nullptr) {
        for (const Write &write : disk->since)
            apply(disk->content, write);
        disk->since.clear();
    }
    return SQLITE_OK;
}
int file_size(sqlite3_file *f, sqlite3_int64 *size) {
    return real(f)->pMethods->xFileSize(real(f), size);
}
int lock_file(sqlite3_file *f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int unlock_file(sqlite3_file *f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int check_lock(sqlite3_file *f, int *result) {
    return real(f)->pMethods->xCheckReservedLock(real(f), result);
}
int control_file(sqlite3_file *f, int op, void *argument) {
    return real(f)->pMethods->xFileControl(real(f), op, argument);
}
int sector_size(sqlite3_file * /*f*/) { return sector; }
// No promise beyond a sector: nothing is written in order or at once.
int characteristics(sqlite3_file * /*f*/) { return 0; }
int shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **at) {
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, at);
}
int shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
void shm_barrier(sqlite3_file *f) { real(f)->pMethods->xShmBarrier(real(f)); }
int shm_unmap(sqlite3_file *f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

constexpr sqlite3_io_methods methods{
    2,         close_file,  read_file,  write_file,   truncate_file, sync_file,       file_size,
    lock_file, unlock_file, check_lock, control_file, sector_size,   characteristics, shm_map,
    shm_lock,  shm_barrier, shm_unmap,  nullptr,      nullptr};

Power::Disk &disk_of(sqlite3_vfs *vfs) { return *static_cast<Power::Disk *>(vfs->pAppData); }

int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *result) {
    Power::Disk &disk = disk_of(vfs);
    auto *file = new (f) File{};
    const int code = disk.real->xOpen(disk.real, name, real(f), flags, result);
    // Without methods SQLite does not close it.
    file->base.pMethods = real(f)->pMethods != nullptr ? &methods : nullptr;
    if (name != nullptr)
        file->disk = &disk.files[name];
    return code;
}
int delete_file(sqlite3_vfs *vfs, const char *name, int sync) {
    Power::Disk &disk = disk_of(vfs);
    if (const auto known = disk.files.find(name); known != disk.files.end())
        known->second = {};
    return disk.real->xDelete(disk.real, name, sync);
}

}  // namespace

Power::Power() : disk_(std::make_unique<Disk>()) {
    disk_->real = ::sqlite3_vfs_find(nullptr);
    // Everything that is not about files is the system's: times, names, random numbers.
    disk_->vfs = *disk_->real;
    disk_->vfs.pNext = nullptr;
    disk_->vfs.zName = "power";
    disk_->vfs.pAppData = disk_.get();
    disk_->vfs.szOsFile = static_cast<int>(sizeof(File)) + disk_->real->szOsFile;
    disk_->vfs.xOpen = open_file;
    disk_->vfs.xDelete = delete_file;
    ::sqlite3_vfs_register(&disk_->vfs, 1);
}

Power::~Power() {
    ::sqlite3_vfs_unregister(&disk_->vfs);
    ::sqlite3_vfs_register(disk_->real, 1);
}

void Power::cut(const std::string &folder, base::Random &random) const {
    std::filesystem::create_directory(folder);
    for (const auto &[name, file] : disk_->files) {
        base::Bytes content = file.content;
        for (const Write &write : file.since) {
            if (write.truncate) {
                if (random.below(2) == 0)
                    apply(content, write);
                continue;
            }
            // Most of it, none of it, or some of its sectors.
            const std::uint32_t luck = random.below(4);
            for (std::size_t at = 0; at < write.octets.size(); at += sector) {
                const std::size_t size = std::min(sector, write.octets.size() - at);
                if (luck == 0 || (luck == 1 && random.below(2) == 0))
                    apply(content, write.offset + at, base::View(write.octets).subspan(at, size));
            }
        }
        const auto place = std::filesystem::path(folder) / std::filesystem::path(name).filename();
        std::ofstream out(place, std::ios::binary);
        out.write(reinterpret_cast<const char *>(content.data()),
                  static_cast<std::streamsize>(content.size()));
    }
}

}  // namespace rtun::aaa
