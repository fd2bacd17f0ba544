import CGlobusGSSAPI
import NIOConcurrencyHelpers

/// A server's own credential, read again when its files have changed, and every minute: the library keeps revocation
/// lists as long as a credential.
package final class HostCredential: Sendable {
    private struct Loaded {
        var credential: GSSCredential
        var marks: [FileMark?]
        var loadedAt: Int
    }

    private static let longestAge = 60

    private let files: CredentialFiles
    private let loaded: NIOLockedValueBox<Loaded>
    private let changed: @Sendable (Result<GSSCredential, GSIError>) -> Void

    /// - Parameter changed: told of a new credential, and of one that cannot be used while the old one serves on
    /// - Throws: what `GSSCredential` throws
    package init(
        _ files: CredentialFiles, changed: @escaping @Sendable (Result<GSSCredential, GSIError>) -> Void
    ) throws(GSIError) {
        self.files = files
        self.changed = changed
        let marks = Self.marks(files)
        loaded = NIOLockedValueBox(Loaded(credential: try GSSCredential(files), marks: marks, loadedAt: time(nil)))
    }

    private static func marks(_ files: CredentialFiles) -> [FileMark?] {
        [FileMark(files.certificate), FileMark(files.key)]
    }

    package var subject: String { loaded.withLockedValue { $0.credential.subject } }

    /// The credential for a handshake that begins now.
    package func current() -> GSSCredential {
        let now = time(nil)
        return loaded.withLockedValue { loaded in
            let marks = Self.marks(files)
            let isNew = marks != loaded.marks
            if !isNew && now - loaded.loadedAt < Self.longestAge { return loaded.credential }
            loaded.marks = marks
            loaded.loadedAt = now
            do throws(GSIError) {
                let fresh = try GSSCredential(files)
                loaded.credential = fresh
                if isNew { changed(.success(fresh)) }
            } catch { changed(.failure(error)) }
            return loaded.credential
        }
    }
}
