import RLSCore
import SystemPackage

/// A file that may be published.
package struct CandidateFile: Sendable, Hashable {
    package let state: FileState
    package let lfn: ByteString
    /// What a manifest says; still to be compared with the content.
    package let checksums: Checksums

    package init(state: FileState, lfn: ByteString, checksums: Checksums = Checksums()) {
        self.state = state
        self.lfn = lfn
        self.checksums = checksums
    }
}

/// Finds the files that arguments and manifests mean. Each is told once; what cannot be taken is told as a problem.
package struct FileCollector: Sendable {
    package enum Naming: Sendable {
        /// The LFN is the last component of the path.
        case lastComponent
        /// The LFN is the path below the directory that was asked for; of a file that was asked for itself, its last
        /// component.
        case belowArgument
    }

    package enum Found: Sendable, Hashable {
        case file(CandidateFile)
        case problem(FileProblem)
    }

    private let walk: DirectoryWalk
    private let naming: Naming
    private var paths: [ByteString: FilePath] = [:]

    /// - Parameter leaving: directories whose files are not meant
    package init(followsLinks: Bool = false, naming: Naming = .lastComponent, leaving: [FilePath] = []) {
        walk = DirectoryWalk(followsLinks: followsLinks, hidden: [OwnDirectories.hidden], leaving: leaving)
        self.naming = naming
    }

    /// Files, directories with all that is below them, and wildcards that no shell has expanded.
    package mutating func collect<Failure: Error>(
        _ arguments: [FilePath], _ visit: (Found) throws(Failure) -> Void
    ) throws(Failure) {
        for argument in arguments {
            switch expanded(argument) {
            case .failure(let problem): try visit(.problem(problem))
            case .success(let roots): for root in roots { try collect(below: root, visit) }
            }
        }
    }

    /// As they come from a command line.
    package mutating func collect<Failure: Error>(
        arguments: [String], _ visit: (Found) throws(Failure) -> Void
    ) throws(Failure) {
        try collect(arguments.map { FilePath($0) }, visit)
    }

    /// A file with lines as `ManifestEntry` describes; `-` for the standard input. Paths that are relative begin at the
    /// directory of the manifest.
    package mutating func collect<Failure: Error>(
        manifest: FilePath, _ visit: (Found) throws(Failure) -> Void
    ) throws(Failure) {
        var lines = ManifestLines(manifest)
        while let line = lines.next() {
            switch line {
            case .failure(let problem): try visit(.problem(problem))
            case .success(let bytes):
                if let found = entry(bytes, lines.number, of: manifest) { try visit(found) }
            }
        }
    }

    package mutating func collect<Failure: Error>(
        manifest: String, _ visit: (Found) throws(Failure) -> Void
    ) throws(Failure) {
        try collect(manifest: FilePath(manifest), visit)
    }

    // MARK: Arguments

    /// A file may have wildcards in its name: it comes first.
    private func expanded(_ argument: FilePath) -> Result<[FilePath], FileProblem> {
        guard Glob.isPattern(argument), (try? FileEntry(argument, followsLinks: false)) == nil else {
            return .success([argument])
        }
        return Result { () throws(FileProblem) in try Glob.paths(argument) }
    }

    private mutating func collect<Failure: Error>(
        below root: FilePath, _ visit: (Found) throws(Failure) -> Void
    ) throws(Failure) {
        try walk.walk(root) { (found) throws(Failure) in
            switch found {
            case .problem(let problem): try visit(.problem(problem))
            case .file(let state):
                if let found = candidate(CandidateFile(state: state, lfn: lfn(of: state.path, below: root))) {
                    try visit(found)
                }
            }
        }
    }

    private func lfn(of path: FilePath, below root: FilePath) -> ByteString {
        var below = path
        if case .belowArgument = naming, path != root, below.removePrefix(root) { return below.byteString }
        return path.lastComponent.map { FilePath(root: nil, [$0]).byteString } ?? .empty
    }

    // MARK: Manifests

    private mutating func entry(_ line: [UInt8], _ number: Int, of manifest: FilePath) -> Found? {
        do {
            guard let entry = try ManifestEntry(line: line) else { return nil }
            var path = manifest.removingLastComponent()
            path.push(FilePath(entry.path))
            guard case .file(let state) = try FileEntry(path, followsLinks: walk.followsLinks) else {
                throw FileProblem(path, "is no plain file (links are followed only when asked for)")
            }
            if let size = entry.size, size != state.size {
                throw FileProblem(path, "has \(state.size) bytes; the manifest says \(size)")
            }
            let lfn = entry.lfn ?? self.lfn(of: path, below: path)
            return candidate(CandidateFile(state: state, lfn: lfn, checksums: entry.checksums))
        } catch {
            return .problem(FileProblem(manifest, "line \(number): \(error)"))
        }
    }

    // MARK: Candidates

    /// nil for a file that was there already; a problem for a second file of the same LFN.
    private mutating func candidate(_ file: CandidateFile) -> Found? {
        guard let first = paths[file.lfn] else {
            paths[file.lfn] = file.state.path
            return .file(file)
        }
        if first == file.state.path { return nil }
        return .problem(FileProblem(file.state.path, "would have the LFN \(file.lfn), as \(first) has already"))
    }
}

extension FilePath {
    /// All its bytes, which `string` repairs.
    package var byteString: ByteString {
        var bytes: [UInt8] = []
        withPlatformString { start in
            var next = start
            while next.pointee != 0 {
                bytes.append(UInt8(bitPattern: next.pointee))
                next += 1
            }
        }
        return ByteString(bytes)
    }

    /// Without NUL bytes, which no path has.
    package init(_ bytes: ByteString) {
        self.init(platformString: bytes.bytes.map { CChar(bitPattern: $0) } + [0])
    }
}
