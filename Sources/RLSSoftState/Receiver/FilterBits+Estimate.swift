import Foundation
import RLSFilter

extension FilterBits {
    /// How many names probably set these bits; for filters that do not tell.
    var estimatedNames: Int {
        let bits = Double(shape.bits)
        let unset = max(1, bits - Double(population))
        return Int((-bits / Double(shape.hashes) * log(unset / bits)).rounded())
    }
}
