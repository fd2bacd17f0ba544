import NIOConcurrencyHelpers
import RLSConfiguration

/// Counts connections, in all and by client address.
final class AdmissionControl: Sendable {
    private struct Counts {
        var total = 0
        var byAddress: [String: Int] = [:]
    }

    private let counts = NIOLockedValueBox(Counts())

    /// nil when the connection may stay; else what to tell the client. Each nil must be followed by one `leave`.
    func enter(address: String, limits: ServerConfiguration) -> String? {
        counts.withLockedValue { counts in
            if counts.total >= limits.maximumConnections {
                return "Too many connections (maxconnections \(limits.maximumConnections))"
            }
            let here = counts.byAddress[address, default: 0]
            if limits.maximumConnectionsPerAddress > 0 && here >= limits.maximumConnectionsPerAddress {
                return "Too many connections from one address (\(limits.maximumConnectionsPerAddress))"
            }
            counts.total += 1
            counts.byAddress[address] = here + 1
            return nil
        }
    }

    func leave(address: String) {
        counts.withLockedValue { counts in
            counts.total -= 1
            let here = counts.byAddress[address, default: 1] - 1
            counts.byAddress[address] = here == 0 ? nil : here
        }
    }

    var connections: Int { counts.withLockedValue { $0.total } }
}
