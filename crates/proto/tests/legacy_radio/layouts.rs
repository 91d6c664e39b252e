//! Every layout of every struct, by date; ctypes has placed the fields.

use v2x_proto::legacy::radio::item::{CounterItem, Dashboard, Driving, Gear, PackState};
use v2x_proto::legacy::radio::vehicle_v2v_data::Selector;
use v2x_proto::legacy::radio::{
    EvcsLayout, EvcsToVehicle, Item, ItemFix, ItemLayout, RadioMessage, SaidBattery, VehicleItem,
    VehicleLayout, VehicleToEvcs, VehicleV2vData,
};
use v2x_units::{
    Degrees, Kilometers, KilometersPerHour, Meters, MetersPerSecondSquared, Volts, WattHours,
};

use crate::{CAR, STATION, into_battery, layout, meets, percent, place, station_says};

fn fix() -> ItemFix {
    ItemFix {
        position: place(10.25, -20.5),
        altitude: Meters::new(143.25),
        hour: 15,
    }
}

fn newest_item() -> VehicleItem {
    VehicleItem {
        layout: ItemLayout::V5,
        state_of_charge: percent(72.0),
        speed: KilometersPerHour::new(35.5),
        dashboard: None,
        current: Some(into_battery(32.25)),
        pack: Some(PackState {
            voltage: Volts::new(57.5),
            available_energy: WattHours::new(4_250.0),
            charging_status: 0x2A,
        }),
        driving: Some(Driving {
            pedal_percent: 12.5,
            gear: Some(Gear::Drive),
            brake: true,
            fix: Some(fix()),
            charging: true,
            desired_soc: percent(100.0),
            ready_to_charge: true,
            timestamp: 123_456,
        }),
        mac: CAR,
    }
}

fn asked() -> VehicleToEvcs {
    VehicleToEvcs {
        layout: VehicleLayout::V2,
        mac: CAR,
        fix: Some(fix()),
        battery: Some(SaidBattery {
            state_of_charge: percent(72.0),
            voltage: Volts::new(57.5),
            current: into_battery(32.25),
        }),
        capacity: WattHours::new(6_125.0),
        desired_soc: percent(100.0),
        ready_to_charge: true,
        stop_charging: true,
        session_id: 58,
        uptime_ms: 123_456,
    }
}

#[test]
fn every_layout_of_item_by_date_is_read_and_written() {
    let counter = CounterItem {
        value: 4711,
        mac: CAR,
    };
    meets(
        CAR,
        &layout("item_v0"),
        RadioMessage::Item(Item::Counter(counter)),
    );
    let newest = newest_item();
    let with_dashboard = VehicleItem {
        dashboard: Some(Dashboard {
            odometer: Kilometers::new(12_345.5),
            display_speed: KilometersPerHour::new(37.25),
        }),
        driving: None,
        ..newest
    };
    let without_hour = newest.driving.map(|driving| Driving {
        fix: Some(ItemFix { hour: 1, ..fix() }),
        ..driving
    });
    let items = [
        (
            "item_v1",
            ItemLayout::V1,
            VehicleItem {
                current: None,
                pack: None,
                ..with_dashboard
            },
        ),
        ("item_v2", ItemLayout::V2, with_dashboard),
        (
            "item_v3",
            ItemLayout::V3,
            VehicleItem {
                driving: without_hour,
                ..newest
            },
        ),
        ("item_v4", ItemLayout::V4, newest),
        ("item_v5", ItemLayout::V5, newest),
    ];
    for (name, which, item) in items {
        let item = VehicleItem {
            layout: which,
            ..item
        };
        meets(CAR, &layout(name), RadioMessage::Item(Item::Vehicle(item)));
    }
}

#[test]
fn every_layout_from_station_to_car_by_date_is_read_and_written() {
    let said = EvcsToVehicle {
        position: Some(place(10.25, -20.5)),
        altitude: Meters::new(143.25),
        voltage: Volts::new(225.5),
        charging_available: true,
        ..station_says()
    };
    let without_place = EvcsToVehicle {
        layout: EvcsLayout::V1,
        position: None,
        altitude: Meters::ZERO,
        ..said
    };
    for (name, which, said) in [
        ("evcs_to_vehicle_v1", EvcsLayout::V1, without_place),
        (
            "evcs_to_vehicle_v1b",
            EvcsLayout::V1Flagged(false),
            without_place,
        ),
        (
            "evcs_to_vehicle_v2g",
            EvcsLayout::V1Flagged(true),
            without_place,
        ),
        ("evcs_to_vehicle_v2", EvcsLayout::V2, said),
    ] {
        let said = EvcsToVehicle {
            layout: which,
            ..said
        };
        meets(STATION, &layout(name), RadioMessage::EvcsToVehicle(said));
    }
}

#[test]
fn every_layout_from_car_to_station_by_date_is_read_and_written() {
    let asked = asked();
    for (name, which, fix) in [
        ("vehicle_to_evcs_v1", VehicleLayout::V1, None),
        ("vehicle_to_evcs_v2g", VehicleLayout::V1Typed, None),
        ("vehicle_to_evcs_v2", VehicleLayout::V2, asked.fix),
    ] {
        let asked = VehicleToEvcs {
            layout: which,
            fix,
            ..asked
        };
        meets(CAR, &layout(name), RadioMessage::VehicleToEvcs(asked));
    }
}

#[test]
fn struct_between_cars_of_one_build_is_read_and_written() {
    let between_cars = VehicleV2vData {
        mac: CAR,
        position: Some(place(10.25, -20.5)),
        speed: KilometersPerHour::new(35.5),
        acceleration: MetersPerSecondSquared::new(-1.25),
        brake: true,
        gear: Selector::Drive,
        heading: Degrees::new(271.5),
        uptime_ms: 123_456,
    };
    let message = RadioMessage::VehicleV2vData(between_cars);
    meets(CAR, &layout("vehicle_v2v_data"), message);
}
