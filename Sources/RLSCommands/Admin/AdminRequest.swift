import ArgumentParser
import RLSCore

/// What rls-admin is to do, checked as far as that goes without a server.
enum AdminRequest {
    case ping
    case quit
    case clear
    case stats
    case status
    case show(String)
    case change(String, to: String)
    case add(IndexServer, flags: Int)
    case remove(IndexServer)
    case list(IndexServer?)
    case update

    /// A server that is updated, and the names that it is told of; no pattern: all.
    struct IndexServer {
        let url: ByteString
        let patterns: [ByteString]
    }

    /// Bit of the flags: Bloom filters instead of lists.
    static let filterFlag = 1
}

/// The words of the command line before the server's URL.
struct AdminWords {
    /// What the option takes, in a sentence.
    let form: String
    let words: [String]

    /// The RLI's URL, then patterns. Said here rather than by the server: what it would keep is what was typed.
    func indexServer(patterns limit: Int) throws(ValidationError) -> AdminRequest.IndexServer {
        guard let url = words.first, words.count <= limit + 1 else { throw ValidationError(form) }
        do { _ = try ServerAddress(url) } catch {
            throw ValidationError(
                "`\(url)` is no URL of an RLI: rls://HOST[:PORT] or rlsn://HOST[:PORT]")
        }
        let patterns = words.dropFirst()
        if let pattern = patterns.first(where: \.looksLikeURL) {
            throw ValidationError("`\(pattern)` stands where a pattern of LFNs is expected: \(form)")
        }
        return AdminRequest.IndexServer(url: ByteString(url), patterns: patterns.map(RawArguments.decode))
    }

    func none() throws(ValidationError) { if !words.isEmpty { throw ValidationError(form) } }
}

extension String {
    /// Of a server. Logical names may well be other URLs.
    fileprivate var looksLikeURL: Bool { hasPrefix("rls://") || hasPrefix("rlsn://") }
}
