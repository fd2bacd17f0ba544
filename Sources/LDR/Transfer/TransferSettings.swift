/// How files are fetched from a source.
package struct TransferSettings: Sendable, Equatable {
    /// Files at a time, each over a connection of its own.
    package var concurrency = 4
    /// Parallel TCP streams of one file (GridFTP).
    package var streams = 1
    /// Bytes; nil leaves it to the systems at both ends (GridFTP).
    package var tcpBuffer: Int?
    /// Keeps data channels open between files (GridFTP, extended block mode). The source then opens the data
    /// connections: not for a site whose firewall lets none in. Several streams need it anyway.
    package var reusesDataChannels = true
    /// Asks for the next file before the last one has come: for many small files over a long distance (GridFTP).
    package var pipelines = false
    package var dataChannel = DataChannel.authenticated
    /// What may come, of all calls that have the same one together; nil is as fast as it goes.
    package var bandwidth: BandwidthGate?
    /// Seconds until the first byte, or the source counts as out of reach.
    package var connectSeconds = 30.0
    /// Seconds without growth of any file, after the first byte.
    package var stallSeconds = 120.0
    /// Seconds that one file may take; nil is as long as it grows.
    package var overallSeconds: Double?
    /// A part of this many bytes that an earlier attempt left is continued; less is fetched anew.
    package var leastResumed: Int64 = 4 << 20
    /// Files that one process is given at most.
    package var filesPerProcess = 5000
    /// The proxy certificate with its key; nil: X509_USER_PROXY of this process, or where grid-proxy-init puts it.
    package var proxy: String?
    /// The directory of trusted authorities; nil: X509_CERT_DIR of this process, or
    /// /etc/grid-security/certificates.
    package var authorities: String?
    /// Whose programs these are, in one word that no other daemon has; see `Survivors`.
    package var owner: String?

    /// How connections that carry data are protected (GridFTP).
    package enum DataChannel: String, Sendable, CaseIterable {
        /// Nobody asks who is at the other end. Checksums still tell wrong bytes.
        case clear
        case authenticated
        /// Nobody changes a byte on its way.
        case safe
        /// Nobody reads along.
        case `private`
    }

    package init() {}
}
