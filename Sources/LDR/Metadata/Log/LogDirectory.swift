import Foundation
import SystemPackage

/// The files of one site's log. What has a name is complete and on the disk.
struct LogDirectory {
    let path: String

    private static let temporary = ".new"
    private static let lock = ".lock"

    func make() throws(MetadataError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw unavailable("", "cannot be made", error)
        }
    }

    private func file(_ name: String) -> String { name.isEmpty ? path : path + "/" + name }

    private func unavailable(_ name: String, _ what: String, _ error: any Error) -> MetadataError {
        MetadataError(
            .unavailable,
            "\(file(name)): \(what): \(error); check the directory's owner, and the space on its file system")
    }

    // MARK: Reading

    /// nil of a file that is not there.
    func size(of name: String) -> Int? { status(name).map { Int($0.st_size) } }

    /// FileManager would also look up the owner's name, each time.
    private func status(_ name: String) -> stat? {
        var status = stat()
        return stat(file(name), &status) == 0 ? status : nil
    }

    /// nil of a file that is not there.
    /// - Throws: also when it has more bytes than the limit
    func contents(of name: String, atMost limit: Int) throws(MetadataError) -> [UInt8]? {
        do {
            // Whatever it is, opening it does not wait.
            let descriptor = try FileDescriptor.open(file(name), .readOnly, options: [.closeOnExec, .nonBlocking])
            return try descriptor.closeAfter { try Self.contents(of: descriptor, atMost: limit) }
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch let error as MetadataError {
            throw error.of(file(name))
        } catch {
            throw unavailable(name, "cannot be read", error)
        }
    }

    private static func contents(of descriptor: FileDescriptor, atMost limit: Int) throws -> [UInt8] {
        let end = try descriptor.seek(offset: 0, from: .end)
        guard end <= limit else { throw MetadataError(.damaged, "\(end) bytes, more than the limit of \(limit)") }
        try descriptor.seek(offset: 0, from: .start)
        var bytes = [UInt8](repeating: 0, count: Int(end))
        let found = read(descriptor.rawValue, &bytes, bytes.count)
        guard found >= 0 else { throw Errno(rawValue: errno) }
        // It is cut off when it became shorter meanwhile; who reads it sees that.
        return found == bytes.count ? bytes : Array(bytes.prefix(found))
    }

    /// Files that may be of a log, by name, with the time of their last change.
    func files() throws(MetadataError) -> [(name: String, changed: Date)] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).compactMap { name in
                guard name.hasSuffix(".gz") || name.hasSuffix(Self.temporary) else { return nil }
                return status(name).map { (name, Date(timeIntervalSince1970: Double($0.st_mtim.tv_sec))) }
            }
        } catch {
            throw unavailable("", "cannot be listed", error)
        }
    }

    // MARK: Writing

    /// The file has its name when all of it is on the disk. The name itself is when `sync` has been called.
    func write(_ bytes: [UInt8], to name: String) throws(MetadataError) {
        let part = file(name + Self.temporary)
        do {
            let descriptor = try FileDescriptor.open(
                part, .writeOnly, options: [.create, .truncate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
            try descriptor.closeAfter {
                try descriptor.writeAll(bytes)
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard rename(part, file(name)) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw unavailable(name, "cannot be written", error)
        }
    }

    func sync() throws(MetadataError) {
        do {
            let descriptor = try FileDescriptor.open(file(""), .readOnly, options: [.closeOnExec, .directory])
            try descriptor.closeAfter {
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
        } catch {
            throw unavailable("", "cannot be written", error)
        }
    }

    /// Files that are not there stay so.
    func touch(_ name: String, _ time: Date) {
        try? FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: file(name))
    }

    func remove(_ name: String) { unlink(file(name)) }

    /// Runs `body` while no other program does the same.
    func exclusively<Value>(_ body: () throws -> Value) throws -> Value {
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(
                file(Self.lock), .readWrite, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
        } catch {
            throw unavailable(Self.lock, "cannot be opened", error)
        }
        return try descriptor.closeAfter {
            guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
                throw MetadataError(.unavailable, "\(path): another program is writing this log now: end it, or wait")
            }
            // Not left to the closing: a program that is being started elsewhere here may hold it open for a moment longer.
            defer { flock(descriptor.rawValue, LOCK_UN) }
            return try body()
        }
    }
}
