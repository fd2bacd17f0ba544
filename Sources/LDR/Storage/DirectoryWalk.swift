import SystemPackage

/// All plain files at and below a path, in the order of their names. What is no plain file is told as a problem:
/// nothing is left out silently.
package struct DirectoryWalk: Sendable {
    package enum Found: Sendable, Hashable {
        case file(FileState)
        case problem(FileProblem)
    }

    /// Directories within each other.
    private static let deepest = 200

    package let followsLinks: Bool

    /// Beginnings of names below the root that are left out.
    private let hidden: [String]
    /// Directories that are left out, wherever they are met.
    private let left: Set<DirectoryIdentity>

    /// - Parameter leaving: paths of directories; those that are not there do not matter
    package init(followsLinks: Bool = false, hidden: [String] = [], leaving: [FilePath] = []) {
        self.followsLinks = followsLinks
        self.hidden = hidden
        left = Set(leaving.compactMap { DirectoryIdentity($0) })
    }

    package func walk<Failure: Error>(
        _ root: FilePath, _ visit: (Found) throws(Failure) -> Void
    ) throws(Failure) {
        try walk(root, below: [], visit)
    }

    private func walk<Failure: Error>(
        _ path: FilePath, below ancestors: [DirectoryIdentity], _ visit: (Found) throws(Failure) -> Void
    ) throws(Failure) {
        switch look(path, below: ancestors) {
        case .failure(let problem): try visit(.problem(problem))
        case .success(.file(let state)): try visit(.file(state))
        case .success(.directory(let identity, let names)):
            if left.contains(identity) { return }
            for name in names where !isHidden(name) {
                try walk(path.appending(name), below: ancestors + [identity], visit)
            }
        }
    }

    private func isHidden(_ name: FilePath.Component) -> Bool { hidden.contains { name.string.hasPrefix($0) } }

    private enum Place {
        case file(FileState)
        case directory(DirectoryIdentity, [FilePath.Component])
    }

    private func look(_ path: FilePath, below ancestors: [DirectoryIdentity]) -> Result<Place, FileProblem> {
        Result { () throws(FileProblem) in
            switch try FileEntry(path, followsLinks: followsLinks) {
            case .file(let state): return .file(state)
            case .directory(let identity): return .directory(identity, try list(path, identity, below: ancestors))
            case .link: throw FileProblem(path, "is a symbolic link, and links are not followed")
            case .special: throw FileProblem(path, "is a device, a pipe or a socket, no plain file")
            }
        }
    }

    private func list(
        _ path: FilePath, _ identity: DirectoryIdentity, below ancestors: [DirectoryIdentity]
    ) throws(FileProblem) -> [FilePath.Component] {
        guard !ancestors.contains(identity) else { throw FileProblem(path, "leads back to a directory above it") }
        guard ancestors.count < Self.deepest else {
            throw FileProblem(path, "is below more than \(Self.deepest) directories")
        }
        return try DirectoryReader.names(in: path)
    }
}
