import NIOConcurrencyHelpers
import RLSClient
import RLSCore

/// What a run of rls-cli remembers between commands: the connection and the settings.
final class CLISession: Sendable {
    struct Settings: Sendable {
        var resultLimit = 0
        var timeout = 30
        var wildcards = Wildcards.unix
        var clearsValues = false
        var transfer = TransferOptions()
        /// Asked by `locate` when the session's server does not answer.
        var furtherIndexes: [ServerAddress] = []

        /// Longest wait for a server. 0 means none, as the original has it; a year is as good.
        var wait: Duration { .seconds(timeout == 0 ? 31_536_000 : timeout) }
    }

    /// How users write patterns.
    enum Wildcards: Sendable {
        case unix
        case sql

        func pattern(_ text: ByteString) -> SQLPattern { self == .sql ? SQLPattern(text) : SQLPattern(glob: text) }
    }

    /// A connection, and the time-out it was made with.
    private struct Link {
        let client: CatalogClient
        let timeout: Int
    }

    let address: ServerAddress
    let output: Output
    private let state: NIOLockedValueBox<Settings>
    private let link = NIOLockedValueBox<Link?>(nil)

    init(address: ServerAddress, output: Output, settings: Settings) {
        self.address = address
        self.output = output
        state = NIOLockedValueBox(settings)
    }

    var settings: Settings {
        get { state.withLockedValue { $0 } }
        set { state.withLockedValue { $0 = newValue } }
    }

    /// Connects at the first use, and again after a failure or with another time-out.
    var client: CatalogClient {
        get async throws {
            let (timeout, wait) = (settings.timeout, settings.wait)
            if let known = link.withLockedValue({ $0 }), known.timeout == timeout { return known.client }
            await disconnect()
            do {
                let client = try await CatalogClient.connect(to: address, timeout: wait)
                link.withLockedValue { $0 = Link(client: client, timeout: timeout) }
                return client
            } catch {
                throw ConnectFailure(address: address, cause: "\(error)")
            }
        }
    }

    func disconnect() async {
        let old = link.withLockedValue { link -> Link? in
            defer { link = nil }
            return link
        }
        await old?.client.connection.close()
    }
}

struct ConnectFailure: Error, CustomStringConvertible {
    let address: ServerAddress
    let cause: String

    var description: String { "connect(\(address)): \(cause)" }
}
