import RLSFilter
import RLSWire

extension SoftStateStatus {
    /// - Parameter population: bits that are set
    mutating func describe(_ shape: FilterShape, population: Int) {
        bytes = shape.byteCount
        falsePerMillion = Int((shape.falsePositiveRate(population: population) * 1_000_000).rounded())
    }
}
